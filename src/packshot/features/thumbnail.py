"""Pictures as tiny thumbnails: what a copy keeps when its details are blurred away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 8


class Thumbnail:
    """The mean colors of 8 × 8 areas, 0..1.

    A model that memorises often draws its training pictures softly, and features of a network tell a soft picture from
    a sharp one before anything else. Euclidean distance in pixels is what Carlini et al. 2023 find memorised pictures
    with, too.
    """

    name = "thumbnail"
    version = "1"
    dim = _SIDE * _SIDE * 3
    way = f"means of {_SIDE} × {_SIDE} areas"

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 192) float32 for pictures (h, w, 3) uint8 of any size."""
        rows = list(self.stream(pictures))
        return np.concatenate(rows) if rows else np.zeros((0, self.dim), np.float32)

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The rows of ``embed``, one at a time."""
        for picture in pictures:
            small = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BOX)
            yield np.asarray(small, np.float32).reshape(1, -1) / np.float32(255)
