"""Putting a cut-out product on white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.cutout.raster import Mask, box_mean, dilate, erode

# Opacity from which a pixel counts as part of the product's box.
_VISIBLE = 0.5


def place_on_white(
    rgb: NDArray[np.uint8], mask: NDArray[np.float32], size: int, fill: float = 0.9
) -> NDArray[np.uint8]:
    """The product alone, centred on white.

    The colours near its edge are drawn outwards from its inside, so that nothing of the old background shines
    through; the resize works on premultiplied colours for the same reason (Porter and Duff 1984).

    Args:
        rgb: (h, w, 3) uint8.
        mask: (h, w) in 0..1, opacity of the product.
        size: side of the result, pixels.
        fill: longer side of the product's box as a share of ``size``, 0 < fill <= 1.

    Returns:
        (size, size, 3) uint8; all white if the mask is empty.
    """
    rgb, mask = _crop(rgb, mask)
    if not (mask >= _VISIBLE).any():
        return np.full((size, size, 3), 255, np.uint8)
    # Far more pixels than the result can show only cost time.
    reduction = max(mask.shape) // max(1, round(2 * fill * size))
    if reduction > 1:
        rgb = np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).reduce(reduction))
        mask = np.asarray(Image.fromarray(np.ascontiguousarray(mask, np.float32)).reduce(reduction))
    top, bottom, left, right = _box(mask)
    opacity = np.clip(mask, 0, 1).astype(np.float32)
    window = max(bottom - top, right - left) / fill
    y, x = (top + bottom - window) / 2, (left + right - window) / 2
    # The square looks at this window of the source, which may reach beyond it.
    margin = int(np.ceil(max(0.0, -y, -x, y + window - mask.shape[0], x + window - mask.shape[1])))
    view = (x + margin, y + margin, x + margin + window, y + margin + window)
    # Lanczos rings around a hard edge when it enlarges, which shows as a halo on white.
    how = Image.Resampling.LANCZOS if window > size else Image.Resampling.BILINEAR

    def look(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        image = Image.fromarray(np.pad(plane, margin))
        return np.asarray(image.resize((size, size), how, box=view), np.float32)

    colour = decontaminate(rgb, opacity) * opacity[..., None]
    raw = look(opacity)
    # Where the filter rings, colour and opacity do so together: dividing first leaves no coloured fringe.
    shown = np.clip(raw, 0, 1) / np.where(raw > 1e-3, raw, np.inf)
    clear = 255 * (1 - np.clip(raw, 0, 1))
    out = np.stack([np.clip(look(colour[..., c]), 0, 255 * raw) * shown + clear for c in range(3)], -1)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def decontaminate(rgb: NDArray[np.uint8], opacity: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3) float32 in 0..255: the product's own colours, continued over its edge.

    Args:
        rgb: (h, w, 3) uint8.
        opacity: (h, w) in 0..1.
    """
    colour = rgb.astype(np.float32)
    # Cameras smear an edge over two pixels and more in larger pictures, and masks are a pixel off.
    depth = 3 + round(max(opacity.shape) / 500)
    sure = erode(opacity > 0.9, depth)
    return _continue(colour, sure, (opacity > 0) & ~sure, 2 * depth)


def _continue(colour: NDArray[np.float32], known: Mask, wanted: Mask, steps: int) -> NDArray[np.float32]:
    """Fill ``wanted`` from ``known`` one pixel at a time; what lies too far off keeps its own colour."""
    colour = colour.copy()
    for _ in range(steps):
        weight = box_mean(known.astype(np.float32), 1)
        ring = dilate(known, 2) & wanted & ~known & (weight > 1e-3)
        if not ring.any():
            break
        mean = box_mean(colour * known[..., None], 1)
        colour[ring] = mean[ring] / weight[ring][:, None]
        known = known | ring
    return colour


def _box(mask: NDArray[np.float32]) -> tuple[int, int, int, int]:
    seen = mask >= _VISIBLE
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _crop(
    rgb: NDArray[np.uint8], mask: NDArray[np.float32], margin: int = 4
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Picture and mask around the product, with the few pixels that hold its soft edge."""
    top, bottom, left, right = _box(mask)
    area = slice(max(0, top - margin), bottom + margin), slice(max(0, left - margin), right + margin)
    return rgb[area], mask[area]
