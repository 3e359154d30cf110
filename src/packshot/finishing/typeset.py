"""Text as pixels: which font can write it, how wide it is, and its antialiased coverage."""

from __future__ import annotations

from functools import lru_cache
from importlib import util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from packshot.assets import asset
from packshot.errors import PackshotError, missing_extra

# Packages that carry a font under the SIL Open Font License, with the file inside, first choice first.
_PACKAGES = (("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),)
_MARK = "presets/fonts/mark.otf"


def font_for(text: str, path: str = "") -> Path:
    """A font that has every character of a text.

    Args:
        path: the font that a user wants; empty for the best there is. The font that ships holds Latin letters,
            digits and the words of the AI label; whole Chinese is in the optional package.

    Raises:
        PackshotError: no font at hand can write the text.
    """
    if path:
        chosen = Path(path)
        if not chosen.is_file():
            raise PackshotError("no such font file", chosen)
        missing = _missing(text, chosen)
        if missing:
            raise PackshotError(f"the font has no {missing[0]!r}", chosen, "Choose a font that has.")
        return chosen
    candidates = [asset(_MARK), *_installed()]
    for candidate in candidates:
        if not _missing(text, candidate):
            return candidate
    if not _installed():
        raise missing_extra("fonts", "pylopdf-fonts-zh-cn")
    character = _missing(text, candidates[-1])[0]
    raise PackshotError(f"no font at hand has {character!r}", hint="Name a font file in the template.")


def coverage(text: str, size: float, path: Path, stroke: int = 0) -> tuple[NDArray[np.float32], int]:
    """The ink of a line of text.

    Args:
        size: of the font's em square, pixels.
        stroke: thickens the strokes by this many pixels on every side.

    Returns:
        (h, w) float32 in 0..1, cropped to the ink, and the distance from the baseline up to its top, pixels.
    """
    font = _font(str(path), round(size * 64) / 64)
    left, top, right, bottom = font.getbbox(text, anchor="ls", stroke_width=stroke)
    box = int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))
    image = Image.new("L", (max(1, box[2] - box[0]), max(1, box[3] - box[1])))
    ImageDraw.Draw(image).text((-box[0], -box[1]), text, fill=255, font=font, anchor="ls", stroke_width=stroke)
    return np.asarray(image, np.float32) / np.float32(255), -box[1]


def advance(text: str, size: float, path: Path) -> float:
    """Width of a line of text, pixels."""
    return float(_font(str(path), round(size * 64) / 64).getlength(text))


def bearing(text: str, size: float, path: Path) -> int:
    """From a line's start to its ink, pixels; where `coverage` belongs."""
    return int(np.floor(_font(str(path), round(size * 64) / 64).getbbox(text, anchor="ls")[0]))


def ink(
    rgb: NDArray[np.uint8], cover: NDArray[np.float32], x: int, y: int, colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Lay ink of a colour on a picture, its top left corner at (x, y); what lies outside is cut off.

    Args:
        rgb: (h, w, 3) uint8.
        cover: (h, w) float32 in 0..1.
    """
    out = rgb.copy()
    height, width = rgb.shape[:2]
    top, left, bottom, right = max(0, y), max(0, x), min(height, y + cover.shape[0]), min(width, x + cover.shape[1])
    if bottom <= top or right <= left:
        return out
    part = cover[top - y : bottom - y, left - x : right - x, None]
    under = out[top:bottom, left:right].astype(np.float32)
    out[top:bottom, left:right] = np.rint(under * (1 - part) + np.asarray(colour, np.float32) * part).astype(np.uint8)
    return out


def _installed() -> list[Path]:
    found = []
    for package, file in _PACKAGES:
        spec = util.find_spec(package)
        if spec is not None and spec.origin:
            found.append(Path(spec.origin).parent / file)
    return found


@lru_cache(maxsize=32)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    # The basic layout engine is in every Pillow; Raqm is not, and would set text differently from machine to machine.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _missing(text: str, path: Path) -> list[str]:
    """The characters that a font draws as the box it keeps for unknown ones."""
    unknown = _glyph(str(path), "\U0010fffd")
    return [c for c in dict.fromkeys(text) if not c.isspace() and _glyph(str(path), c) == unknown]


@lru_cache(maxsize=4096)
def _glyph(path: str, character: str) -> bytes:
    return bytes(_font(path, 24).getmask(character))
