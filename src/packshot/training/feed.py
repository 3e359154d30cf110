"""Batches as tensors on the device that trains."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.families.common.objective import Batch
from packshot.training.data import TrainingSet
from packshot.training.recipe import TrainingConfig
from packshot.training.workers import Workers, training_device


class Feed:
    """What a process sees at each step: its part of the batch, which follows from the step's number alone.

    Args:
        data: what is trained on.
        config: of the stage.
        workers: who takes part.
        ahead: whether the next step's is made ready while this one's is worked on; by default on a GPU.
    """

    def __init__(
        self, data: TrainingSet, config: TrainingConfig, workers: Workers | None = None, *, ahead: bool | None = None
    ) -> None:
        self.data, self.config, self.rows = data, config, (workers or Workers()).rows(config.batch)
        ahead = training_device().type == "cuda" if ahead is None else ahead
        self._ahead = ThreadPoolExecutor(1) if ahead else None
        self._next: tuple[int, Future[Batch]] | None = None

    def __call__(self, step: int) -> Batch:
        if self._ahead is None:
            return self._batch(step)
        ready = self._next[1] if self._next and self._next[0] == step else self._ahead.submit(self._batch, step)
        batch = ready.result()
        self._next = step + 1, self._ahead.submit(self._batch, step + 1)
        return batch

    def _batch(self, step: int) -> Batch:
        config = self.config
        seen = self.data.batch(
            step,
            config.batch,
            config.seed,
            mirror=config.mirror,
            drop_text=config.drop_text,
            drop_attributes=config.drop_attributes,
        )
        condition, translated, latents, asked, rehearsed, colored = (
            None if part is None else torch.from_numpy(part[self.rows]).to(training_device()) for part in seen[1:]
        )
        assert condition is not None
        return Batch(to_tensor(seen.pixels[self.rows]), condition, latents, asked, rehearsed, translated, colored)


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """(n, s, s, 3) to (n, 3, s, s) in [-1, 1] on the device that trains."""
    # Laid out as the memory map is, rows × columns × channels, which convolutions on a CPU prefer anyway.
    return torch.from_numpy(pixels).to(training_device()).permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1
