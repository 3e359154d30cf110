"""Pictures that need no model: transparency is there already, or the background is one plain colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.raster import (
    Mask,
    Plane,
    box_mean,
    components,
    dilate,
    erode,
    fill_holes,
    fit_size,
    frame,
    reach,
    resize_plane,
)

# Border pixels that must match the background's colour before it counts as plain: cloth and floors come close, so a
# colour other than white has to fill the border. On pure white half will do if the corners match: there the product
# itself reaches the border.
_PLAIN_SHARE = 0.985
_WHITE_SHARE = 0.50
_WHITE = 240
_PURE = 250
# JPEG noise and a soft vignette stay below this many levels in every channel.
_TOLERANCE = (4.0, 12.0)
_WORK_SIDE = 640


def from_alpha(alpha: NDArray[np.uint8] | None) -> Plane | None:
    """The mask that a transparency channel holds, or None if it isolates nothing.

    Args:
        alpha: (h, w) uint8.

    Returns:
        (h, w) float32 in 0..1.
    """
    if alpha is None:
        return None
    clear = float((alpha < 16).mean())
    # A few clear pixels are rounded corners or a stray edge, not a cut-out.
    return alpha.astype(np.float32) / np.float32(255) if clear >= 0.02 else None


def from_plain_background(rgb: NDArray[np.uint8]) -> Plane | None:
    """The mask of a product on a plain background, or None if the background is not plain.

    The background is flooded from the picture's border. Light parts that the product encloses stay product;
    on a background that is not white, flat patches of exactly its colour inside the outline are openings.

    Args:
        rgb: (h, w, 3) uint8.

    Returns:
        (h, w) float32 in 0..1; all 0 if the picture is blank.
    """
    height, width = rgb.shape[:2]
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    pixels = np.stack([resize_plane(rgb[..., c].astype(np.float32), small_width, small_height) for c in range(3)], -1)
    edge = pixels[frame(pixels.shape, max(1, max(pixels.shape[:2]) // 100))]
    colour = np.median(edge, axis=0)
    distance = np.abs(pixels - colour).max(-1)
    border = np.abs(edge - colour).max(-1)
    tolerance = float(np.clip(3 * np.quantile(border, 0.75) + 2, *_TOLERANCE))
    corners = int((distance[:: distance.shape[0] - 1 or 1, :: distance.shape[1] - 1 or 1] <= tolerance).sum())
    white = float(colour.min()) >= _WHITE
    wanted = _WHITE_SHARE if colour.min() >= _PURE and corners >= 3 else _PLAIN_SHARE
    if float((border <= tolerance).mean()) < wanted:
        return None
    product = _without_ringing(_solid(distance > tolerance), distance)
    if not white:
        product &= ~_openings(distance, product, tolerance)
    labels, areas = components(product)
    # Specks of dust and JPEG ringing; a pair of shoes has two large parts.
    keep = np.concatenate([[False], areas >= max(6.0, 0.02 * areas.max(initial=0))])
    product = keep[labels]
    soft = box_mean(product.astype(np.float32), 1) if min(product.shape) > 8 else product.astype(np.float32)
    return resize_plane(soft, width, height)


def _solid(different: Mask) -> Mask:
    """What a flood from the border cannot reach when gaps of up to two pixels in the outline are closed."""
    closed = dilate(different)
    outside = reach(frame(closed.shape), ~closed)
    return ~dilate(outside) | different


def _without_ringing(product: Mask, distance: Plane) -> Mask:
    """The mask less the noise that JPEG lays around an edge: faint beside what stands a few pixels further in."""
    strongest = distance
    for axis in (0, 1):
        padded = np.pad(strongest, [(4, 4) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
        n = distance.shape[axis]
        strongest = np.max([np.take(padded, range(k, k + n), axis) for k in range(9)], axis=0)
    rim = product & ~erode(product, 5)
    return fill_holes(product & ~(rim & (distance < 0.3 * strongest)))


def _openings(distance: Plane, product: Mask, tolerance: float) -> Mask:
    flat = product & (distance <= tolerance / 2)
    labels, areas = components(erode(flat))
    large = np.concatenate([[False], areas >= 0.002 * product.size])
    return dilate(large[labels]) & flat
