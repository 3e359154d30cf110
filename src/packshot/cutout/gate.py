"""Is a cut-out good enough to show to a buyer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.measures import measure
from packshot.cutout.raster import Plane, components, fit_size, frame, resize_plane
from packshot.cutout.result import CutOut, Method

# Logistic regression on masks judged by eye, most of them doubtful ones; scripts/cutout/judge.py fits it again.
# Weight, and the usual value in a good mask, against which a failing one is blamed.
_WEIGHTS = {
    "doubt": (-2.32, 0.26),
    "mirror": (-1.80, 0.20),
    "moved": (-1.23, 0.16),
    "border": (-0.27, 0.00),
    "holes": (-0.42, 0.00),
    "ragged": (-1.31, 0.08),
    "soft": (-1.87, 0.34),
    "faint": (-0.70, 0.00),
}
_OFFSET = 4.40
_PASS = 0.92
_UNCLEAR = "product and floor cannot be told apart"
_EDGE = "the product's edge is unclear"
_CUT_OFF = "the product touches the picture's edge"
_BLAME = {
    "doubt": _UNCLEAR,
    "mirror": _UNCLEAR,
    "faint": _UNCLEAR,
    "moved": _EDGE,
    "soft": _EDGE,
    "ragged": "the outline is ragged",
    "border": _CUT_OFF,
    "holes": "the mask has holes",
}


def judge_plain(mask: Plane, method: Method) -> CutOut:
    """Gate for masks that were read off rather than guessed: only blank and full ones fail."""
    area = float((mask > 0.5).mean())
    if area < 0.002:
        return CutOut(mask, method, 0.0, "nothing stands out from the background")
    if area > 0.97:
        return CutOut(mask, method, 0.0, "the mask covers the whole picture")
    return CutOut(mask, method, 1.0, None)


def judge_grabcut(mask: Plane, agreement: float) -> CutOut:
    """Gate for colour models alone: results from several starts have to agree."""
    reason = shape_fault(mask)
    if reason is None and agreement < 0.9:
        reason = _UNCLEAR
    return CutOut(mask, "grabcut", 0.0 if reason else agreement, reason)


def judge_network(rgb: NDArray[np.uint8], views: NDArray[np.float32], mask: Plane) -> CutOut:
    """Gate for the network's masks: an outline that no product has fails, then what a buyer would not like.

    Args:
        rgb: (h, w, 3) uint8.
        views: (2, s, s) in 0..1, the network's beliefs.
        mask: (h, w) in 0..1, what became of them.
    """
    found = measure(rgb, views, mask)
    pull = sum(weight * found[name] for name, (weight, _) in _WEIGHTS.items())
    quality = float(1 / (1 + np.exp(-_OFFSET - pull)))
    reason = shape_fault(mask)
    if reason is not None:
        # A quality that a rule overruled must not sort before masks that passed.
        return CutOut(mask, "network", min(quality, _PASS / 2), reason)
    if quality < _PASS:
        reason = _BLAME[min(_WEIGHTS, key=lambda name: _WEIGHTS[name][0] * (found[name] - _WEIGHTS[name][1]))]
    return CutOut(mask, "network", quality, reason)


def shape_fault(mask: Plane) -> str | None:
    """What is wrong with a mask's outline whatever the picture shows, or None."""
    height, width = fit_size(mask.shape[0], mask.shape[1], 192)
    small = resize_plane(mask, width, height) > 0.5
    area = float(small.mean())
    if area < 0.04:
        return "the mask is almost empty"
    if area > 0.85:
        return "the mask covers most of the picture"
    if float(small[frame(small.shape)].mean()) > 0.06:
        return _CUT_OFF
    _, areas = components(small)
    if len(areas) > 2 and areas[2:].sum() > 0.03 * areas.sum():
        return "the mask is in pieces"
    return None
