"""EfficientNet-Lite0 features, from the graph that ships with packshot.

They are not the Inception-V3 features of published FID figures: name every figure by its features.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from packshot.assets import asset
from packshot.images.resize import to_square
from packshot.runtime import Graph

T = TypeVar("T")
SIDE = 224
_BATCH = 4


class Lite0:
    """lite0 features of pictures.

    Args:
        threads: pictures worked on at once; None takes every core. It does not change the features.
        side: pixels of the square that a picture is resized to, a multiple of 16. Features of different sides are not
            comparable; published figures are those of 224.
    """

    name = "lite0"
    version = "1"
    dim = 1280

    def __init__(self, threads: int | None = None, side: int = SIDE) -> None:
        self.side = side
        self.way = f"resized to {side} px with an antialiasing Lanczos filter"
        self.threads = threads or len(os.sched_getaffinity(0))
        self._graph = Graph(asset("lite0.onnx"))

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 1280) float32, one row a picture.

        Args:
            pictures: (h, w, 3) uint8 each, of any size; padded to a square with white and resized with an
                antialiasing filter. They are taken from the iterable as they are needed.
        """
        rows = list(self.stream(pictures))
        return np.concatenate(rows) if rows else np.zeros((0, self.dim), np.float32)

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The rows of ``embed``, a few at a time, while pictures are taken as they are needed."""
        pictures = iter(pictures)
        if self.threads == 1:
            # Starting a thread for a single small picture costs as much as a fifth of its features.
            yield from map(self._embed_batch, batched(pictures, _BATCH))
            return
        with ThreadPoolExecutor(self.threads) as pool:
            # A few batches at a time, so that pictures are taken no faster than they are used.
            while wave := list(batched(islice(pictures, 2 * self.threads * _BATCH), _BATCH)):
                yield from pool.map(self._embed_batch, wave)

    def _embed_batch(self, batch: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        pixels = np.stack([to_square(p, self.side, "pad") for p in batch]).astype(np.float32)
        return self._graph(pixels=np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))[0]


def batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of ``size`` items, the last one shorter (``itertools.batched`` of Python 3.12)."""
    while batch := list(islice(items, size)):
        yield batch
