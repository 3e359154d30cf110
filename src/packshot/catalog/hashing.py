"""A picture's perceptual hash: 64 bits that stay nearly the same when it is resized or recompressed.

Method: the signs of the low frequencies of a discrete cosine transform, as in the ``phash`` of the imagehash
library (after C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE, _LOW = 32, 8


def perceptual_hash(rgb: NDArray[np.uint8]) -> str:
    """The hash of (h, w, 3) uint8 pixels, as 16 hexadecimal digits."""
    import cv2

    # As Pillow's grey to one level in a few million pixels, at a third of the time.
    grey = Image.fromarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    low = cv2.dct(np.asarray(grey, dtype=np.float64))[:_LOW, :_LOW]
    # OpenCV's transform is orthonormal; the plain one weighs the zero frequencies by the square root of two.
    low[0] *= np.sqrt(2)
    low[:, 0] *= np.sqrt(2)
    bits = (low > np.median(low)).astype(np.uint8)
    return np.packbits(bits.reshape(-1)).tobytes().hex()


def bits(hashes: list[str]) -> NDArray[np.uint8]:
    """Hashes as (n, 8) uint8, the form in which distances are computed."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 8)


def look_hashes(looks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The hashes of (n, 64, 64) uint8 grey pictures, as (n, 8) uint8; a few bits off those of the full pictures."""
    grey = looks.reshape(-1, _SIDE, 2, _SIDE, 2).mean((2, 4), dtype=np.float32)
    angle = np.pi / _SIDE * np.outer(np.arange(_LOW), np.arange(_SIDE) + 0.5)
    cosines = np.cos(angle).astype(np.float32)
    low = (cosines @ grey @ cosines.T).reshape(-1, _LOW * _LOW)
    return np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
