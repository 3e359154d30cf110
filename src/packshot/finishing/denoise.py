"""Camera noise: how much there is, and most of it taken away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The calmest tenth of the blocks; a median of 256 values of pure noise lies this much below its mean there.
_CALM, _CALM_BIAS = 0.1, 1.1
_BLOCK = 8
# Offsets of the block grid; each gives an estimate of every pixel, and their mean hides the grid.
_STEP = 2
# Opponent colours, orthonormal, so that noise stays what it is: Plataniotis and Venetsanopoulos 2000.
_OPPONENT = np.array(
    [[3**-0.5, 3**-0.5, 3**-0.5], [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32
)


def noise(rgb: NDArray[np.uint8]) -> float:
    """Standard deviation of a picture's noise, in levels.

    The diagonal detail of the finest scale is nearly all noise: its median deviation over 0.6745 is the noise's
    standard deviation (Donoho and Johnstone 1994, section 3.4). It is taken block by block, and the calm blocks
    decide, because fabric and foliage have such detail of their own; pixels at 0 and 255 are left out, for clipping
    hides their noise.

    Args:
        rgb: (h, w, 3) uint8.
    """
    values = rgb.astype(np.float32).mean(-1)
    height, width = (n // 2 * 2 for n in values.shape)
    if height < 16 or width < 16:
        return 0.0
    a, b = values[0:height:2, 0:width:2], values[0:height:2, 1:width:2]
    c, d = values[1:height:2, 0:width:2], values[1:height:2, 1:width:2]
    low = np.minimum(np.minimum(a, b), np.minimum(c, d))
    high = np.maximum(np.maximum(a, b), np.maximum(c, d))
    detail = np.abs(a - b - c + d) / 2
    seen = (low > 4) & (high < 251)
    blocks, usable = _tiles(detail), _tiles(seen)
    enough = usable.mean(-1) > 0.9
    if enough.sum() < 8:
        return 0.0
    levels = np.median(blocks[enough], axis=-1)
    # The mean of three channels has less noise than each.
    return float(np.quantile(levels, _CALM)) / 0.6745 * 3**0.5 * _CALM_BIAS


def _tiles(plane: NDArray[Any]) -> NDArray[Any]:
    """Tiles of 16 × 16 pixels, (n, 256)."""
    rows, columns = plane.shape[0] // 16, plane.shape[1] // 16
    part = plane[: rows * 16, : columns * 16].reshape(rows, 16, columns, 16)
    return part.transpose(0, 2, 1, 3).reshape(rows * columns, 256)


def denoise(rgb: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Take away white noise by thresholding the cosine transform of overlapping blocks.

    Source: Yu and Sapiro 2011, "DCT image denoising: a simple and effective image denoising algorithm", with the
    threshold of 3 sigma and the mean over shifted grids.

    Args:
        rgb: (h, w, 3) uint8.
        sigma: standard deviation of the noise, levels.
    """
    height, width = rgb.shape[:2]
    pad = _BLOCK
    padded = np.pad(rgb, ((pad, pad + -height % _BLOCK), (pad, pad + -width % _BLOCK), (0, 0)), mode="reflect")
    opponent = padded.astype(np.float32) @ _OPPONENT.T
    total = np.zeros((height, width, 3), np.float32)
    basis = _cosines()
    count = 0
    for top in range(0, _BLOCK, _STEP):
        for left in range(0, _BLOCK, _STEP):
            rows, columns = (opponent.shape[0] - top) // _BLOCK, (opponent.shape[1] - left) // _BLOCK
            part = opponent[top : top + rows * _BLOCK, left : left + columns * _BLOCK]
            clean = _thresholded(part, rows, columns, basis, 3 * sigma)
            total += clean[pad - top : pad - top + height, pad - left : pad - left + width]
            count += 1
    return np.clip(np.rint(total / count @ _OPPONENT), 0, 255).astype(np.uint8)


def _thresholded(
    part: NDArray[np.float32], rows: int, columns: int, basis: NDArray[np.float32], threshold: float
) -> NDArray[np.float32]:
    blocks = part.reshape(rows, _BLOCK, columns, _BLOCK, 3).transpose(0, 2, 4, 1, 3)
    spectrum = basis @ blocks @ basis.T
    mean = spectrum[..., 0, 0].copy()
    spectrum[np.abs(spectrum) < threshold] = 0
    # The block's mean is its brightness, not noise.
    spectrum[..., 0, 0] = mean
    back = basis.T @ spectrum @ basis
    return np.asarray(back.transpose(0, 3, 1, 4, 2), np.float32).reshape(rows * _BLOCK, columns * _BLOCK, 3)


def _cosines() -> NDArray[np.float32]:
    """The orthonormal DCT-II of one block's side, (8, 8)."""
    k, n = np.mgrid[:_BLOCK, :_BLOCK]
    basis = np.cos(np.pi * (n + 0.5) * k / _BLOCK) * (2 / _BLOCK) ** 0.5
    basis[0] /= 2**0.5
    return basis.astype(np.float32)
