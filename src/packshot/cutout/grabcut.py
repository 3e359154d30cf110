"""GrabCut, the colour-model segmentation that needs no training.

Source: Rother, Kolmogorov and Blake 2004, "GrabCut: interactive foreground extraction using iterated graph
cuts".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.raster import Mask
from packshot.errors import missing_extra

# Margins of the starting rectangle, as a share of the picture. How far their results agree says more about
# a mask than any of them does alone.
MARGINS = (0.02, 0.06, 0.12)


def from_rectangle(rgb: NDArray[np.uint8], margin: float, rounds: int = 4) -> Mask:
    """Product mask when all that is known is that the outer margin is background.

    Args:
        rgb: (h, w, 3) uint8.
        margin: share of each side, 0..0.5.
        rounds: times the colour models are fitted.

    Returns:
        (h, w) bool.
    """
    height, width = rgb.shape[:2]
    top, left = max(1, round(height * margin)), max(1, round(width * margin))
    hints = np.zeros((height, width), np.uint8)
    hints[top : height - top, left : width - left] = 3
    return _run(rgb, hints, rounds)


def from_belief(rgb: NDArray[np.uint8], belief: NDArray[np.float32], rounds: int = 2) -> Mask:
    """Product mask that starts from a belief, keeping what is near certain.

    Args:
        rgb: (h, w, 3) uint8.
        belief: (h, w) in 0..1.
        rounds: times the colour models are fitted.

    Returns:
        (h, w) bool.
    """
    hints = np.where(belief > 0.5, 3, 2).astype(np.uint8)
    hints[belief > 0.95] = 1
    hints[belief < 0.05] = 0
    return _run(rgb, hints, rounds)


def _run(rgb: NDArray[np.uint8], hints: NDArray[np.uint8], rounds: int) -> Mask:
    try:
        import cv2
    except ImportError as error:
        raise missing_extra("catalog", "opencv-python-headless") from error
    # Both sides need pixels enough for five colour components, or OpenCV raises.
    if min((hints % 2 == 0).sum(), (hints % 2 == 1).sum()) < 16:
        return np.asarray(hints % 2 == 1, np.bool_)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    result, _, _ = cv2.grabCut(bgr, hints.copy(), (0, 0, 0, 0), *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray(result % 2 == 1, np.bool_)
