"""Numbers that tell a good mask from a bad one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.raster import (
    Mask,
    Plane,
    box_mean,
    dilate,
    erode,
    fill_holes,
    fit_size,
    frame,
    resize_plane,
)
from packshot.images.resize import resize

_SIDE = 192
# In the order of ``measure``'s columns.
NAMES = ("doubt", "mirror", "moved", "border", "holes", "ragged", "soft", "faint")


def overlap(masks: Sequence[Mask]) -> float:
    """Smallest intersection over union of any two masks, 0..1."""
    worst = 1.0
    for i, a in enumerate(masks):
        for b in masks[i + 1 :]:
            union = int((a | b).sum())
            worst = min(worst, int((a & b).sum()) / union if union else 0.0)
    return worst


def measure(rgb: NDArray[np.uint8], views: NDArray[np.float32], mask: Plane) -> dict[str, float]:
    """Measures of a mask, each 0 where nothing is wrong and growing, to 1 or a little above, with what is.

    Args:
        rgb: (h, w, 3) uint8.
        views: (2, s, s) in 0..1, the network's beliefs.
        mask: (h, w) in 0..1, what became of them.
    """
    height, width = fit_size(mask.shape[0], mask.shape[1], _SIDE)
    small = resize_plane(mask, width, height)
    inside = small > 0.5
    area = max(1.0, float(inside.sum()))
    belief = views.mean(0)
    edge = inside & ~erode(inside) if inside.any() else inside
    length = max(1.0, float(edge.sum()))
    smooth = box_mean(inside.astype(np.float32), 2) > 0.5
    contrast = _contrast(resize(rgb, width, height), inside)
    whole = min(inside.shape) > 2
    values = (
        10 * float(np.minimum(belief, 1 - belief).mean()) / max(0.01, float(belief.mean())),
        10 * (1 - overlap([views[0] > 0.5, views[1] > 0.5])),
        10 * (1 - overlap([resize_plane(belief, width, height) > 0.5, inside])),
        5 * float(inside[frame(inside.shape)].mean()) if whole else 1.0,
        10 * float((fill_holes(inside) & ~inside).sum()) / area if whole else 0.0,
        float((smooth ^ inside).sum()) / length,
        float(((small > 0.1) & (small < 0.9)).sum()) / length / 4,
        float((contrast < 12).mean()) if len(contrast) else 1.0,
    )
    return dict(zip(NAMES, values, strict=True))


def _contrast(rgb: NDArray[np.uint8], inside: Mask) -> NDArray[np.float32]:
    """Colour difference between product and floor on both sides of every edge pixel, in levels."""
    colour = rgb.astype(np.float32)
    inner = erode(inside, 1) & ~erode(inside, 4)
    outer = dilate(inside, 4) & ~dilate(inside, 1)
    edge = inside & ~erode(inside)
    means = []
    for ring in (inner, outer):
        weight = box_mean(ring.astype(np.float32), 4)
        means.append(box_mean(colour * ring[..., None], 4) / np.maximum(weight, 1e-6)[..., None])
        edge = edge & (weight > 1e-3)
    return np.sqrt(((means[0] - means[1]) ** 2).mean(-1))[edge].astype(np.float32)
