"""Lines of mixed Chinese and Latin text, fitted into a box.

The rules are those of GB/T 15834-2011 and W3C's "Requirements for Chinese Text Layout" (clreq): no line begins with a
closing mark, Latin words stay whole, and a quarter of an em at most sets Chinese and Latin apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.finishing import typeset

_CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_CLOSING = "，。、；：！？）》」』】〉”’…,.;:!?)]}%"
# A few words or a sign, one number with its thousands set apart as anywhere in the world, its decimals, a few words.
_PRICE = re.compile(r"(\D{0,12}?)\s*(\d{1,3}(?:[.,'\u2019\s]\d{3})+|\d+)([.,]\d{1,2})?\s*(\D*)")
_GAP = 0.15
_LEADING = 1.35
_SMALLEST = 0.55


@dataclass(frozen=True)
class Run:
    """A piece of a line in one size.

    Attributes:
        text: the piece.
        scale: of the line's font size.
        before: space before it, em.
    """

    text: str
    scale: float = 1.0
    before: float = 0.0


def wrap(text: str, size: float, width: float, font: Path) -> list[list[Run]]:
    """Break a text into lines no wider than ``width`` pixels (a single longer word is a line of its own)."""
    lines: list[list[Run]] = [[]]
    for word in _words(text):
        line = [*lines[-1], *_spaced(lines[-1], word)]
        if lines[-1] and measure(line, size, font) > width and word[0] not in _CLOSING:
            lines.append([Run(word.strip())] if word.strip() else [])
        else:
            lines[-1] = line
    return [line for line in lines if line]


def price_runs(text: str) -> list[Run]:
    """A price with its sign, or the words before it, and its decimals smaller than its figure."""
    found = _PRICE.fullmatch(text.strip())
    if not found:
        # Two numbers, or digits grouped in a way of their own: one size misleads nobody.
        return [Run(text.strip())]
    sign, figure, decimals, rest = found.groups()
    parts = [Run(sign, 0.6), Run(figure, before=0.05 if sign else 0.0), Run(decimals or "", 0.6)]
    return [run for run in (*parts, Run(rest, 0.6, 0.12)) if run.text]


def fit(text: str, size: float, width: float, height: float, lines: int, font: Path) -> tuple[list[list[Run]], float]:
    """The lines of a text and the largest size, at most ``size``, at which they fit; an ellipsis ends what cannot."""
    least = _SMALLEST * size
    while True:
        broken = wrap(text, size, width, font)
        room = min(lines, max(1, int((height + (_LEADING - 1) * size) / (_LEADING * size))))
        if len(broken) <= room and all(measure(line, size, font) <= width for line in broken):
            return _balanced(text, size, width, font, broken), size
        if size * 0.95 < least:
            return _cut(broken[:room], size, width, font), size
        size *= 0.95


def fit_line(runs: list[Run], size: float, width: float, font: Path) -> float:
    """The largest size, at most ``size``, at which a line is no wider than ``width``."""
    return min(size, size * width / max(measure(runs, size, font), 1e-6))


def measure(runs: list[Run], size: float, font: Path) -> float:
    """Width of a line, pixels."""
    return sum(run.before * size + typeset.advance(run.text, run.scale * size, font) for run in runs)


def draw(
    rgb: NDArray[np.uint8], runs: list[Run], x: float, baseline: float, size: float, font: Path,
    colour: tuple[int, int, int], stroke: int = 0,
) -> NDArray[np.uint8]:  # fmt: skip
    """Write a line from ``x`` on a baseline."""
    for run in runs:
        x += run.before * size
        if run.text.strip():
            # Smaller characters have less room between their strokes.
            thick = int(run.scale * stroke)
            cover, ascent = typeset.coverage(run.text, run.scale * size, font, thick)
            bearing = typeset.bearing(run.text, run.scale * size, font)
            rgb = typeset.ink(rgb, cover, round(x + bearing) - thick, round(baseline) - ascent, colour)
        x += typeset.advance(run.text, run.scale * size, font)
    return rgb


def leading(size: float) -> float:
    """From one baseline to the next, pixels."""
    return _LEADING * size


def _words(text: str) -> list[str]:
    """What may not be broken: a Chinese character, or a Latin word with the space before it."""
    return re.findall(rf"[{_CJK}]|\s*[^\s{_CJK}]+|\s+", " ".join(text.split()))


def _spaced(line: list[Run], word: str) -> list[Run]:
    if not line:
        return [Run(word.strip())] if word.strip() else []
    last, first = line[-1].text[-1], word[0]
    mixed = bool(re.match(rf"[{_CJK}]", last)) != bool(re.match(rf"[{_CJK}]", first))
    letters = not (first.isspace() or last.isspace() or first in _CLOSING or last in _CLOSING)
    return [Run(word, before=_GAP if mixed and letters else 0.0)]


def _balanced(text: str, size: float, width: float, font: Path, broken: list[list[Run]]) -> list[list[Run]]:
    """As many lines as ``broken``, in the narrowest column that holds them, so that none is a single character."""
    narrow = width / 2 if len(broken) > 1 else width
    while narrow < width:
        lines = wrap(text, size, narrow, font)
        if len(lines) == len(broken) and all(measure(line, size, font) <= width for line in lines):
            return lines
        narrow += size / 4
    return broken


def _cut(lines: list[list[Run]], size: float, width: float, font: Path) -> list[list[Run]]:
    last = lines[-1]
    while last and measure([*last, Run("…")], size, font) > width:
        text = last[-1].text
        last = [*last[:-1], Run(text[:-1], before=last[-1].before)] if len(text) > 1 else last[:-1]
    return [*lines[:-1], [*last, Run("…")]]
