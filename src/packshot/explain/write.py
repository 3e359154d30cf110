"""An explanation as a page, a picture or figures."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.errors import PackshotError
from packshot.explain.explanation import Explanation
from packshot.files import write_new
from packshot.finishing import label, typeset
from packshot.images.encode import encode
from packshot.images.resize import resize

SUFFIXES = (".html", ".png", ".json")
_TILE, _GAP, _LABEL, _WIDE = 224, 16, 40, 4
_INK = (31, 35, 40)


def write_explanation(found: Explanation, path: Path, *, overwrite: bool = False) -> None:
    """Write an explanation in the form that the file's name asks for: a page, a picture, or figures.

    Raises:
        PackshotError: the name asks for none of these, or the file holds something else.
    """
    forms = {".html": page, ".png": figure, ".json": figures}
    if path.suffix.lower() not in forms:
        raise PackshotError(f"unknown form {path.suffix!r}", path, f"Use {', '.join(SUFFIXES)}.", usage=True)
    write_new(path, forms[path.suffix.lower()](found), overwrite=overwrite)


def as_dict(found: Explanation) -> dict[str, Any]:
    """The figures, for JSON."""
    return {
        "text": found.text,
        "seed": found.seed,
        "model": found.model,
        "words": [{"word": w.word, "effect": round(w.effect, 2)} for w in found.words],
        "nearest": [{"sku": n.sku, "distance": round(n.distance, 3)} for n in found.nearest],
        "near_copy_below": found.near_copy,
        "directions": [round(d.share, 4) for d in found.directions],
        "notes": list(found.notes),
    }


def figures(found: Explanation) -> bytes:
    """As JSON."""
    return json.dumps(as_dict(found), ensure_ascii=False, indent=2).encode()


def page(found: Explanation) -> bytes:
    """As an HTML page that needs nothing else."""
    import jinja2

    source = Path(__file__).with_name("explanation.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    most = max((w.effect for w in found.words), default=0.0) or 1.0
    pieces, at = [], 0
    for word in found.words:
        pieces += [(found.text[at : word.start], 0.0), (word.word, word.effect / most)]
        at = word.end
    pieces.append((found.text[at:], 0.0))
    return environment.from_string(source).render(found=found, pieces=pieces, most=most, image=_data).encode()


def figure(found: Explanation) -> bytes:
    """As a PNG, labelled as AI-made: the picture, the maps with their words, and below them what the noise steers."""
    tiles = [(found.picture, found.text), *((w.overlay, f"{w.word}  {w.effect:.1f}") for w in found.words)]
    rows = [tiles[i : i + _WIDE] for i in range(0, len(tiles), _WIDE)]
    width = _WIDE * (_TILE + _GAP) + _GAP
    bands = [_band(row, width) for row in rows]
    for direction in found.directions:
        height = round(direction.strip.shape[0] * (width - 2 * _GAP) / direction.strip.shape[1])
        strip = resize(direction.strip, width - 2 * _GAP, height)
        bands.append(np.pad(strip, ((0, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255))
    return encode(np.concatenate(bands), "png", xmp=label.xmp(found.record), text=label.png_text(found.record))


def _band(row: list[tuple[NDArray[np.uint8], str]], width: int) -> NDArray[np.uint8]:
    band = np.full((_GAP + _TILE + _LABEL, width, 3), 255, np.uint8)
    for place, (picture, words) in enumerate(row):
        left = _GAP + place * (_TILE + _GAP)
        band[_GAP : _GAP + _TILE, left : left + _TILE] = resize(picture, _TILE, _TILE)
        font = typeset.font_for(words)
        size = min(18.0, 18.0 * _TILE / max(1.0, typeset.advance(words, 18.0, font)))
        cover, rise = typeset.coverage(words, size, font)
        band = typeset.ink(band, cover, left, _GAP + _TILE + 24 - rise, _INK)
    return band


def _data(pixels: NDArray[np.uint8]) -> str:
    return "data:image/png;base64," + base64.b64encode(encode(pixels, "png")).decode()
