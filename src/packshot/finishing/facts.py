"""What can be measured about a picture file, each fact once and only when a rule asks for it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from packshot.finishing import mark, paper, sign
from packshot.finishing.label import AIGC_FIELDS, Labels, read_labels
from packshot.finishing.paper import darkest
from packshot.finishing.preset import Measure
from packshot.images.decode import Picture, decode

Fact = float | str | bool
# The luminance table of ITU-T T.81, annex K.1, in zigzag order; libjpeg scales it by the quality.
_LUMINANCE = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51,
    61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77,
    113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip


class Facts:
    """A picture file under measurement.

    Args:
        data: the file's content.

    Raises:
        DecodeError: not a usable picture.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.picture: Picture = decode(data)
        self.labels: Labels = read_labels(data)
        self.height, self.width = self.picture.rgb.shape[:2]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Decoding succeeded, so the header is sound; the pixels are not unpacked again.
            image = Image.open(io.BytesIO(data))
        self.format = {"MPO": "jpeg"}.get(image.format or "", (image.format or "").lower())
        self._mode = image.mode
        self._info: Mapping[Any, Any] = image.info
        self._tables: Mapping[int, Any] = getattr(image, "quantization", None) or {}
        self._exif = image.getexif()

    def measure(self, name: Measure) -> Fact | None:
        """The value of a measure, or None where it does not apply or cannot be told."""
        return _MEASURES[name](self)

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """The pixels on white, (h, w, 3) uint8."""
        return self.picture.on_white()

    @cached_property
    def _unmarked(self) -> NDArray[np.uint8]:
        """The pixels without the visible AI label, which is neither product nor background."""
        return mark.without(self.rgb, self.labels.finish)

    @cached_property
    def subject(self) -> tuple[NDArray[np.float32], tuple[int, int, int, int]] | None:
        """The product's mask and its box (left, top, right, bottom), if it can be told from its background."""
        sheet = paper.find(self._unmarked)
        if sheet is None:
            return None
        seen = sheet.mask > 0.5
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if not len(rows):
            return None
        return sheet.mask, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    @cached_property
    def white_background(self) -> float:
        """Share of the background's pixels that are exactly white; of the border's where there is no product."""
        white = darkest(self._unmarked) == 255
        if self.subject is None:
            border = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
            return float(border.mean())
        free = paper.background(self.subject[0])
        return float(white[free].mean()) if free.any() else 0.0

    @property
    def blank(self) -> bool:
        """True if the picture is one colour, but for what JPEG makes of it."""
        return all(np.ptp(self.rgb[..., channel]) <= 8 for channel in range(3))

    @property
    def box_share(self) -> tuple[float, float] | None:
        """Width and height of the product's box as shares of the frame."""
        if self.subject is None:
            return None
        left, top, right, bottom = self.subject[1]
        return (right - left) / self.width, (bottom - top) / self.height

    @property
    def subject_side(self) -> float | None:
        """Side of the square that is as large as the product's box, pixels."""
        share = self.box_share
        return None if share is None else round((share[0] * self.width * share[1] * self.height) ** 0.5, 1)

    @property
    def subject_offset(self) -> float | None:
        """How far the product's box is off the middle, as a share of the frame, along the worse side."""
        if self.subject is None:
            return None
        left, top, right, bottom = self.subject[1]
        return max(abs(left + right - self.width) / 2 / self.width, abs(top + bottom - self.height) / 2 / self.height)

    @property
    def subject_touches_edge(self) -> bool | None:
        """True if the product reaches the frame's border."""
        if self.subject is None:
            return None
        left, top, right, bottom = self.subject[1]
        return left <= 0 or top <= 0 or right >= self.width or bottom >= self.height

    @property
    def jpeg_quality(self) -> float | None:
        """The quality on libjpeg's scale whose luminance table comes nearest, 1..100; None if not a JPEG."""
        table = self._tables.get(0)
        if self.format != "jpeg" or table is None:
            return None
        steps = np.asarray(table, np.float64)
        qualities = np.arange(1, 101)
        scale = np.where(qualities < 50, 5000 / qualities, 200 - 2 * qualities)[:, None]
        tables = np.clip(np.floor((np.asarray(_LUMINANCE) * scale + 50) / 100), 1, 255)
        # Decoders hand the table over in zigzag or natural order; its sorted values tell the quality in either.
        return float(qualities[np.abs(np.sort(tables, 1) - np.sort(steps)).sum(1).argmin()])

    @property
    def color_space(self) -> str:
        """``srgb``, or what else the file is in."""
        if self._mode in ("CMYK", "LAB", "YCCK"):
            return self._mode.lower()
        profile = self._info.get("icc_profile")
        if not profile:
            return "srgb"
        try:
            name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
        except (ImageCms.PyCMSError, OSError, ValueError):
            return "unreadable profile"
        return "srgb" if "srgb" in name.lower() else name[:60]

    @property
    def stray_metadata(self) -> str:
        """What the file tells beside its picture and its labels, comma-separated, or ``none``."""
        found = []
        # Orientation and resolution say how to show the picture.
        if set(self._exif) - {0x0112, 0x011A, 0x011B, 0x0128, 0x0213}:
            found.append("camera data")
        if 0x8825 in self._exif:
            found.append("position")
        if self._info.get("comment"):
            found.append("comment")
        if self._info.get("photoshop"):
            found.append("photoshop data")
        return ", ".join(found) or "none"

    @property
    def enlarged(self) -> float | None:
        """Pixels for one pixel of the camera or model, along a side; None if the file does not say."""
        value = self.labels.finish.get("enlarged")
        if isinstance(value, int | float):
            return float(value)
        drawn = self.labels.generation.get("width")
        return self.width / drawn if isinstance(drawn, int) and drawn > 0 else None

    @property
    def aigc(self) -> bool:
        """True if the AIGC field is there with all its names and a label of the standard."""
        aigc = self.labels.aigc
        return set(AIGC_FIELDS) <= set(aigc) and aigc["Label"] in ("1", "2", "3")


def _fill(facts: Facts) -> float | None:
    share = facts.box_share
    return None if share is None else max(share)


_MEASURES: Mapping[Measure, Callable[[Facts], Fact | None]] = {
    "width": lambda f: f.width,
    "height": lambda f: f.height,
    "longest_side": lambda f: max(f.width, f.height),
    "shortest_side": lambda f: min(f.width, f.height),
    "aspect": lambda f: f.width / f.height,
    "megapixels": lambda f: f.width * f.height / 1e6,
    "file_bytes": lambda f: len(f.data),
    "format": lambda f: f.format,
    "jpeg_quality": lambda f: f.jpeg_quality,
    "color_space": lambda f: f.color_space,
    "stray_metadata": lambda f: f.stray_metadata,
    "transparency": lambda f: f.picture.alpha is not None,
    "white_background": lambda f: f.white_background,
    "subject_fill": _fill,
    "subject_side": lambda f: f.subject_side,
    "subject_offset": lambda f: f.subject_offset,
    "subject_touches_edge": lambda f: f.subject_touches_edge,
    "enlarged": lambda f: f.enlarged,
    "ai_generated": lambda f: f.labels.ai,
    "source_type": lambda f: f.labels.source_term or "none",
    "aigc": lambda f: f.aigc,
    "signature": lambda f: sign.verify(f.data),
    "blank": lambda f: f.blank,
    "visible_mark": lambda f: mark.find(f.rgb, f.labels.finish),
}
