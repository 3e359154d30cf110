"""Logs for TensorBoard: losses, held-out scores and sheets of samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter


class Journal:
    """Appends to the event files of a folder.

    Args:
        folder: made at the first note; None writes nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writer: SummaryWriter | None = None

    def note(self, stage: str, step: int, values: Mapping[str, float]) -> None:
        """Numbers of a step."""
        for name, value in values.items() if self._folder else ():
            self._open().add_scalar(f"{stage}/{name}", value, step)

    def show(self, stage: str, step: int, sheet: NDArray[np.uint8]) -> None:
        """A picture (h, w, 3) of a step."""
        if self._folder:
            self._open().add_image(f"{stage}/samples", sheet, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is still held back."""
        if self._writer is not None:
            self._writer.close()

    def _open(self) -> SummaryWriter:
        if self._writer is None:
            self._writer = SummaryWriter(str(self._folder))
        return self._writer
