"""Whether a picture can serve at all, and what to beware of; every verdict comes with the value it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.images.resize import small_copy

# Longest side in pixels below which nothing can be seen of a product.
_LEAST_SIDE = 64
# Longest by shortest side: banners and dividers are longer.
_MOST_ASPECT = 4.0
# Standard deviation of a blank picture's strongest channel, and the share of one colour in a picture that shows
# next to nothing.
_LEAST_CONTRAST = 4.0
_MOST_UNIFORM = 0.995
# Levels within which two pixels count as one colour: JPEG noise on a flat ground.
_SAME = 6
# Variance of the Laplacian at 256 pixels, below which a photo has no edge in focus
# (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy").
SMALL_SIDE = 256
_LEAST_SHARPNESS = 25.0


@dataclass(frozen=True)
class Quality:
    """The verdict: ``reason`` is empty for a usable picture; ``flags`` are warnings."""

    reason: str
    measured: str
    flags: tuple[str, ...] = ()


def judge(rgb: NDArray[np.uint8], small: NDArray[np.uint8] | None = None) -> Quality:
    """Judge (h, w, 3) uint8 pixels; ``small`` is their copy at ``SMALL_SIDE``, where there is one already."""
    import cv2

    height, width = rgb.shape[:2]
    if max(height, width) < _LEAST_SIDE:
        return Quality("too small", f"{width}×{height} pixels")
    aspect = max(height, width) / min(height, width)
    if aspect > _MOST_ASPECT:
        return Quality("extreme aspect ratio", f"{aspect:.1f}")
    if small is None:
        small = small_copy(rgb, SMALL_SIDE)
    contrast = float(cv2.meanStdDev(small)[1].max())
    if contrast < _LEAST_CONTRAST:
        return Quality("blank", f"contrast {contrast:.1f}")
    uniform = _uniform_share(small)
    if uniform > _MOST_UNIFORM:
        return Quality("blank", f"{uniform:.1%} one colour")
    return Quality("", "", ("blurred",) if sharpness(small) < _LEAST_SHARPNESS else ())


def sharpness(rgb: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the luma of (h, w, 3) uint8 pixels."""
    import cv2

    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1].item() ** 2)


def _uniform_share(rgb: NDArray[np.uint8]) -> float:
    """Share of the pixels near the median colour."""
    import cv2

    # Counted, not sorted: the same median in a third of the time.
    some = np.ascontiguousarray(rgb[::2, ::2])
    middles = (some.size // 3 - 1) // 2, some.size // 6
    counts = [cv2.calcHist([some], [channel], None, [256], [0, 256]).cumsum() for channel in range(3)]
    median = np.array([np.searchsorted(count, middles, "right").mean() for count in counts])
    near = cv2.inRange(rgb, np.clip(median - _SAME, 0, 255), np.clip(median + _SAME, 0, 255))
    return cv2.countNonZero(near) / near.size
