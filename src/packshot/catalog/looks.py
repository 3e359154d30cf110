"""Small grey looks of a picture, by which near duplicates are told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.quality import SMALL_SIDE
from packshot.images.resize import small_copy

# Side of a look, pixels.
SIDE = 64
# A line belongs to a margin when so much of it is within some levels.
_MARGIN_SAME, _MARGIN_SHARE = 14, 0.98


def looks(rgb: NDArray[np.uint8], small: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """The (2, 64, 64) uint8 looks of (h, w, 3) pixels: the whole picture, and what is left without plain margins.

    ``small`` is the picture's copy at ``SMALL_SIDE``, where there is one already.
    """
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    left, top, right, bottom = _without_margins(rgb, small)
    whole = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if (left, top, right, bottom) == (0, 0, *grey.shape[::-1]):
        return np.stack([whole, whole])
    return np.stack([whole, cv2.resize(grey[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)])


def _without_margins(rgb: NDArray[np.uint8], small: NDArray[np.uint8] | None) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what lies inside the plain lines along the four sides."""
    height, width = rgb.shape[:2]
    if max(height, width) <= SMALL_SIDE:
        small = rgb
    elif small is None:
        small = small_copy(rgb, SMALL_SIDE)
    left, top, right, bottom = 0, 0, small.shape[1], small.shape[0]
    # A frame around a product on a plain ground is a margin around a margin, with a blend of both between them.
    for _ in range(3):
        before = left, top, right, bottom
        for side in range(4):
            # Each side in turn is on top.
            part = np.rot90(small[top:bottom, left:right], side)
            margin = _margin(part)
            if margin == len(part):
                return 0, 0, width, height
            top, right, bottom, left = (
                top + margin * (side == 0),
                right - margin * (side == 1),
                bottom - margin * (side == 2),
                left + margin * (side == 3),
            )
        if (left, top, right, bottom) == before:
            break
    across, down = width / small.shape[1], height / small.shape[0]
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


def _margin(rgb: NDArray[np.uint8]) -> int:
    """How many lines, from the top on, are of the first line's colour."""
    import cv2

    ground = np.median(rgb[0], axis=0)
    low, high = np.clip(ground - _MARGIN_SAME, 0, 255), np.clip(ground + _MARGIN_SAME, 0, 255)
    # Most pictures have no margin, which their first lines show.
    for rows in (4, len(rgb)):
        same = cv2.inRange(np.ascontiguousarray(rgb[:rows]), low, high)
        plain = cv2.reduce(same, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() >= 255 * _MARGIN_SHARE
        if not plain.all():
            return int(plain.argmin())
    return len(rgb)
