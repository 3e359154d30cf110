"""What every kind of image features offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Features(Protocol):
    """Pictures to vectors.

    Attributes:
        name: which features; every figure is named by it.
        version: changes whenever the vectors do.
        dim: length of a vector.
        way: how pictures are brought to the network's size, in words.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def way(self) -> str: ...

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, dim) float32 for pictures (h, w, 3) uint8 of any size, one row a picture."""
        ...

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The rows of ``embed``, some at a time, while pictures are taken as they are needed."""
        ...
