"""Drawn products on drawn floors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shirt(height: int, width: int, scale: float = 0.8) -> NDArray[np.bool_]:
    """A T-shirt's outline in the middle of the picture."""
    y, x = np.mgrid[:height, :width]
    v = (y - height / 2) / (scale * height / 2)
    u = np.abs(x - width / 2) / (scale * width / 2)
    body = (u < 0.55) & (np.abs(v) < 1)
    sleeves = (u < 1) & (v > -1 + 0.4 * (u - 0.5)) & (v < -0.35 + 0.4 * (u - 0.5))
    neck = u**2 + (v + 1.05) ** 2 < 0.05
    return np.asarray((body | sleeves) & ~neck, np.bool_)


def floor(height: int, width: int, colour: tuple[int, int, int], seed: int = 0) -> NDArray[np.uint8]:
    """A coloured floor with planks, noise and a slope of light."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    light = 0.85 + 0.3 * (x / width + y / height) / 2
    planks = 1 - 0.15 * ((y // max(1, height // 8)) % 2)
    noise = rng.normal(0, 6, (height, width, 3))
    picture = np.array(colour) * (light * planks)[..., None] + noise
    return np.clip(picture, 0, 255).astype(np.uint8)


def paint(picture: NDArray[np.uint8], mask: NDArray[np.bool_], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The picture with a softly shaded product of one colour on it."""
    height, width = mask.shape
    y, x = np.mgrid[:height, :width]
    shade = 1 - 0.08 * np.sin(x / 9) - 0.05 * np.cos(y / 13)
    out = picture.copy()
    out[mask] = np.clip(np.array(colour) * shade[..., None], 0, 255).astype(np.uint8)[mask]
    return out


def overlap(mask: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Intersection over union."""
    found = mask > 0.5
    return float((found & truth).sum() / max(1, (found | truth).sum()))
