"""The visible AI label: a short text in the corner where it hides least, legible, and findable again.

Source: GB 45438-2025, section 5.2: text of "AI" or 人工智能 with 生成 or 合成, at an edge or corner, clear to the eye,
at least 5 % of the picture's shortest side high.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.finishing import typeset
from packshot.images.decode import Picture

TEXT = "AI生成"
# Above the least that the standard asks for, so that rounding never falls short of it.
_HEIGHT = 0.052
_MARGIN = 0.025
# Contrast ratio for text, WCAG 2.1, success criterion 1.4.3.
_CONTRAST = 4.5
_DARK, _LIGHT = (64, 64, 64), (255, 255, 255)
_FOUND = 0.6


@dataclass(frozen=True)
class Mark:
    """Where a mark was written: enough to find it again.

    Attributes:
        text: what it says.
        box: left, top, right, bottom of its ink, pixels.
        plate: True if it lies on a plate of its own because the picture is too busy there.
    """

    text: str
    box: tuple[int, int, int, int]
    plate: bool

    def as_dict(self) -> dict[str, Any]:
        """For the file's record."""
        return {"text": self.text, "box": list(self.box), "plate": self.plate}


def draw(pixels: NDArray[np.uint8], text: str = TEXT) -> tuple[NDArray[np.uint8], Mark]:
    """Write the mark on a picture.

    Args:
        pixels: (h, w, 3) uint8; or (h, w, 4), transparent, and the mark gets a plate: nobody knows what it will lie on.

    Returns:
        The marked picture, and where the mark is.
    """
    transparent = pixels.shape[2] == 4
    rgb = Picture(pixels[..., :3], pixels[..., 3], "", False).on_white() if transparent else pixels
    cover = _cover(text, min(rgb.shape[:2]))
    x, y = _corner(rgb, cover.shape)
    height, width = cover.shape
    under = _luminance(rgb[y : y + height, x : x + width])
    low, high = float(np.quantile(under, 0.02)), float(np.quantile(under, 0.98))
    pad, plate = height // 4, False
    if not transparent and _ratio(_grey(_DARK), low) >= _CONTRAST:
        colour = _DARK
    elif not transparent and _ratio(_grey(_LIGHT), high) >= _CONTRAST:
        colour = _LIGHT
    else:
        plate, colour = True, _DARK
        sheet = np.full((height + 2 * pad, width + 2 * pad), 0.92, np.float32)
        rgb = typeset.ink(rgb, sheet, x - pad, y - pad, _LIGHT)
    rgb, written = typeset.ink(rgb, cover, x, y, colour), Mark(text, (x, y, x + width, y + height), plate)
    if transparent:
        area = slice(max(0, y - pad), y + height + pad), slice(max(0, x - pad), x + width + pad)
        pixels = pixels.copy()
        pixels[area] = np.insert(rgb[area], 3, 255, -1)
        return pixels, written
    return rgb, written


def find(rgb: NDArray[np.uint8], finish: Mapping[str, Any]) -> bool | None:
    """Is the mark that packshot's record tells of still there, and large enough.

    Args:
        rgb: (h, w, 3) uint8.
        finish: the record; empty for a file that packshot did not finish.

    Returns:
        None if there is no record: whether a picture bears text is then for a person to say.
    """
    if not finish:
        return None
    record = finish.get("mark")
    if not isinstance(record, dict):
        return False
    text, box = record.get("text"), record.get("box")
    height, width = rgb.shape[:2]
    if not isinstance(text, str) or not isinstance(box, list) or not all(isinstance(v, int) for v in box):
        return False
    cover = _cover(text, min(height, width))
    if len(box) != 4 or (box[3] - box[1], box[2] - box[0]) != cover.shape:
        return False
    if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height:
        return False
    seen = _luminance(rgb[box[1] : box[3], box[0] : box[2]])
    return bool(abs(_correlation(seen, cover)) >= _FOUND)


def without(rgb: NDArray[np.uint8], finish: Mapping[str, Any]) -> NDArray[np.uint8]:
    """The picture with the mark, where `find` finds it, painted over in the colour around it.

    Args:
        rgb, finish: as in `find`.

    Returns:
        (h, w, 3) uint8; the same array if there is no mark.
    """
    if not find(rgb, finish):
        return rgb
    left, top, right, bottom = finish["mark"]["box"]
    # Its plate is as wide as this, and JPEG smears a letter's edge over its block of 8 pixels.
    pad = max(8, (bottom - top) // 4) + 1
    left, top = max(0, left - pad), max(0, top - pad)
    part = rgb[top : bottom + pad, left : right + pad]
    ring = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    out = rgb.copy()
    out[top : bottom + pad, left : right + pad] = np.median(ring, axis=0)
    return out


def _cover(text: str, shortest: int) -> NDArray[np.float32]:
    font = typeset.font_for(text)
    size = _HEIGHT * shortest
    # The ink of a line is lower than its em square; twice is exact enough, for it grows with it.
    for _ in range(3):
        cover, _ = typeset.coverage(text, size, font)
        if cover.shape[0] >= np.ceil(_HEIGHT * shortest):
            break
        size *= 1.02 * np.ceil(_HEIGHT * shortest) / cover.shape[0]
    return cover


def _corner(rgb: NDArray[np.uint8], size: tuple[int, int]) -> tuple[int, int]:
    """Top left corner of the place, of the picture's four corners, that shows least."""
    height, width = rgb.shape[:2]
    margin = round(_MARGIN * min(height, width))
    left, right = margin, max(0, width - margin - size[1])
    top, bottom = margin, max(0, height - margin - size[0])
    places = [(right, bottom), (left, bottom), (right, top), (left, top)]
    backdrop = np.median(np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]), axis=0)

    def hidden(place: tuple[int, int]) -> float:
        part = rgb[place[1] : place[1] + size[0], place[0] : place[0] + size[1]].astype(np.float32)
        # What differs from the backdrop is the product; what varies is detail.
        return round(float(np.abs(part - backdrop).mean() + part.std(axis=(0, 1)).mean()), 1)

    return min(places, key=hidden)


def _luminance(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Relative luminance, WCAG 2.1; (...,) float32 in 0..1."""
    c = rgb.astype(np.float32) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)


def _grey(colour: tuple[int, int, int]) -> float:
    return float(_luminance(np.array(colour, np.uint8)))


def _ratio(a: float, b: float) -> float:
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 1e-6 else 0.0
