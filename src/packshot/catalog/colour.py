"""The main colour of the product in a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.images.color import main_colors, to_lab
from packshot.images.resize import resize

# Colour is a matter of areas: a small copy says the same, a hundred times faster.
_SIDE = 112
# A pixel nearer to a side's median colour than the first (CIELAB units) is taken as background, beyond the
# second as product.
_NEAR, _FAR = 8.0, 26.0


def product_color(rgb: NDArray[np.uint8], mask: NDArray[np.float32] | None) -> str | None:
    """The name of the product's main colour, or None if it cannot be told; see ``product_colors``."""
    found = product_colors(rgb, mask)
    return found[0][0] if found else None


def product_colors(
    rgb: NDArray[np.uint8], mask: NDArray[np.float32] | None, *, least: float = 0.15
) -> list[tuple[str, float]]:
    """The product's colours and their shares of it, strongest first; empty if none can be told.

    Args:
        rgb: (h, w, 3) uint8.
        mask: (h, w) float32 in 0..1, how much each pixel belongs to the product; None where that is not
            known, and then the middle of the picture counts, less so where it looks like the picture's border.
        least: share below which a colour other than the strongest is left out.
    """
    height, width = rgb.shape[:2]
    scale = _SIDE / max(height, width)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = resize(rgb, *size)
    if mask is None:
        weight = middle_weight(small)
    else:
        grey = resize(np.rint(mask * 255).astype(np.uint8), *size)
        # A mask's rim mixes product and background.
        weight = np.where(grey > 200, grey, 0).astype(np.float32) / np.float32(255)
    return main_colors(small, weight, least=least)


def middle_weight(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How likely each pixel shows the product when nothing but the picture is known, (h, w) float32 in 0..1.

    Sellers put the product in the middle; what runs along all four sides is what it lies on.
    """
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = np.hypot((x - (width - 1) / 2) / (0.5 * width), (y - (height - 1) / 2) / (0.5 * height))
    ellipse = np.clip((1.0 - radius) / 0.4, 0, 1)
    lab = to_lab(rgb)
    rim = max(2, round(0.05 * min(height, width)))
    sides = (lab[:rim], lab[-rim:], lab[:, :rim], lab[:, -rim:])
    medians = np.stack([np.median(side.reshape(-1, 3), axis=0) for side in sides])
    distance = np.linalg.norm(lab[:, :, None, :] - medians, axis=-1).min(axis=-1)
    likely = np.clip((distance - _NEAR) / (_FAR - _NEAR), 0, 1)
    weight: NDArray[np.float32] = (ellipse * likely).astype(np.float32)
    # A white shirt on a white sheet has nothing that differs; then all of the middle counts.
    if weight.sum() < 0.12 * ellipse.sum():
        weight = ellipse.astype(np.float32)
    return weight
