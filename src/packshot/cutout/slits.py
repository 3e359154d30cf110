"""Floor that shows between a sleeve and its body, which a network at 192 pixels likes to close.

Colour decides, as in GrabCut, but only where the network is a little less sure than it is of a print: a white print
on a white floor must stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.raster import Plane, components, dilate, erode, fit_size, resize_plane
from packshot.images.resize import resize

_SIDE = 192
_BINS = 12
# Mean log odds of floor against product by colour, and the network's mean belief, at which a patch counts as floor.
_ODDS = 2.0
_SURE = 0.994
# Smaller patches are noise; as a share of the product.
_SMALLEST = 0.002


def open_slits(rgb: NDArray[np.uint8], belief: Plane) -> Plane:
    """Takes out the patches inside the product that have the floor's colour and not the product's.

    Args:
        rgb: (h, w, 3) uint8.
        belief: (s, s) in 0..1.

    Returns:
        The belief without them, at most 192 pixels a side and of the picture's proportions.
    """
    height, width = fit_size(rgb.shape[0], rgb.shape[1], _SIDE)
    belief = resize_plane(belief, width, height)
    inside = belief > 0.5
    # The colours right at the edge belong to both.
    product, floor = erode(inside, 3), ~dilate(inside, 3)
    if min(product.sum(), floor.sum()) < 0.02 * inside.size:
        return belief
    odds = _log_odds(resize(rgb, width, height), product, floor)
    labels, areas = components(inside & (odds > 1.5))
    count = int((areas >= max(8.0, _SMALLEST * inside.sum())).sum())
    patches = [labels == n for n in range(1, count + 1)]
    patches = [p for p in patches if odds[p].mean() >= _ODDS and belief[p].mean() < _SURE]
    if not patches:
        return belief
    between = erode(dilate(inside & ~np.any(patches, axis=0), 8), 8)
    out = belief.copy()
    for patch in patches:
        # A thin patch with product on one side only is a strap that looks like the floor.
        if between[patch].mean() > 0.7 or erode(patch, 2).any():
            out[patch] = 0
    return out


def _log_odds(rgb: NDArray[np.uint8], product: NDArray[np.bool_], floor: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w): how much likelier each pixel's colour is on the floor than on the product, natural logarithm."""
    steps = rgb.astype(np.int64) * _BINS // 256
    colour = (steps[..., 0] * _BINS + steps[..., 1]) * _BINS + steps[..., 2]
    likelihood = []
    for where in (floor, product):
        counts: NDArray[np.float32] = np.bincount(colour[where], minlength=_BINS**3).astype(np.float32)
        counts = counts.reshape((_BINS,) * 3)
        for axis in range(3):
            before, after = np.roll(counts, 1, axis), np.roll(counts, -1, axis)
            # The ends of the scale are no neighbours.
            np.moveaxis(before, axis, 0)[0] = 0
            np.moveaxis(after, axis, 0)[-1] = 0
            counts = (counts / 2 + before / 4 + after / 4).astype(np.float32)
        likelihood.append((counts + 0.5) / (counts.sum() + 100))
    return np.asarray(np.log(likelihood[0] / likelihood[1]).ravel()[colour], np.float32)
