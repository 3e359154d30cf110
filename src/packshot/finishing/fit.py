"""Encoding within a market's byte limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.images.encode import Format, encode

# Below this quality blocks show on flat colours; a picture that needs less has to get smaller instead.
LEAST_QUALITY = 60


def encode_within(
    rgb: NDArray[np.uint8],
    format: Format,
    *,
    quality: int,
    low: float = 0,
    high: float = float("inf"),
    xmp: bytes = b"",
    text: Mapping[str, str] | None = None,
) -> tuple[bytes, int, str]:
    """Encode so that the file has between ``low`` and ``high`` bytes, as near to ``quality`` as that allows.

    Args:
        rgb: (h, w, 3) or (h, w, 4) uint8.
        quality: 1..100, where the search starts.

    Returns:
        The file, the quality it has, and one line that says which limit cannot be met; empty if both are.
    """
    extra: dict[str, Any] = {"xmp": xmp or None, "text": text}
    data = encode(rgb, format, quality=quality, **extra)
    if format == "png" and not low <= len(data) <= high:
        return data, quality, f"{_kb(len(data))} as PNG, which has no quality to vary"
    if len(data) > high:
        return _search(rgb, format, extra, LEAST_QUALITY, quality - 1, low, high)
    if len(data) < low:
        return _search(rgb, format, extra, quality + 1, 100, low, high)
    return data, quality, ""


def _search(
    rgb: NDArray[np.uint8], format: Format, extra: dict[str, Any], least: int, most: int, low: float, high: float
) -> tuple[bytes, int, str]:
    """The highest quality of ``least..most`` whose file is not too large, by bisection: bytes grow with quality."""
    best: tuple[bytes, int] | None = None
    smallest = b""
    while least <= most:
        middle = (least + most + 1) // 2
        data = encode(rgb, format, quality=middle, **extra)
        if len(data) <= high:
            best, least = (data, middle), middle + 1
        else:
            smallest, most = data, middle - 1
    if best is None:
        data = smallest or encode(rgb, format, quality=LEAST_QUALITY, **extra)
        return data, LEAST_QUALITY, f"{_kb(len(data))} at quality {LEAST_QUALITY}, above {_kb(high)}"
    data, quality = best
    if len(data) < low:
        return data, quality, f"{_kb(len(data))} at quality {quality}, below {_kb(low)}"
    return data, quality, ""


def _kb(size: float) -> str:
    return f"{size / 1000:.0f} KB"
