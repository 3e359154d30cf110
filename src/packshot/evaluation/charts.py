"""Charts as inline SVG, drawn in the page's own colors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Value = Mapping[str, Any]
"""A figure of ``evaluation.json``: value, low and high, each of which may be None."""


def bar(found: Value, most: float, real: Value | None = None, *, least: float = 0.0) -> str:
    """A horizontal bar from ``least`` to ``most`` with its interval, and a tick for real pictures."""
    width, height = 320.0, 18.0

    def x(value: float | None, otherwise: float) -> float:
        known = otherwise if value is None else value
        return width * min(1.0, max(0.0, (known - least) / (most - least or 1)))

    zero, end = x(0.0, 0.0), x(found["value"], least)
    parts = [f'<rect class="fill" x="{min(zero, end):.1f}" y="4" width="{abs(end - zero):.1f}" height="10" rx="2"/>']
    if found["low"] is not None and found["high"] is not None:
        low, high = x(found["low"], least), x(found["high"], most)
        parts.append(f'<path class="whisker" d="M{low:.1f} 9H{high:.1f}M{low:.1f} 6v6M{high:.1f} 6v6"/>')
    if real is not None and real["value"] is not None:
        parts.append(f'<path class="real" d="M{x(real["value"], least):.1f} 1v16"/>')
    return _svg(width, height, parts)


def plane(points: Sequence[tuple[str, Value, Value]]) -> str:
    """Precision (up) against recall (right), each point with its intervals; the first points are models, the last real.

    Args:
        points: (label, precision, recall).
    """
    side, left, bottom = 300.0, 60.0, 36.0

    def x(v: float) -> float:
        return left + side * v

    def y(v: float) -> float:
        return 8 + side * (1 - v)

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        across, up = f"M{x(0):.1f} {y(tick):.1f}H{x(1):.1f}", f"M{x(tick):.1f} {y(0):.1f}V{y(1):.1f}"
        parts.append(f'<path class="grid" d="{across}{up}"/>')
        parts.append(_text(x(tick), y(0) + 15, f"{tick:.0%}", "middle", "tick"))
        parts.append(_text(left - 6, y(tick) + 4, f"{tick:.0%}", "end", "tick"))
    parts.append(_text(x(0.5), y(0) + 31, "recall: how much of the real is covered", "middle"))
    turned = _text(0, 0, "precision: how much looks real", "middle")
    parts.append(f'<g transform="translate(11 {y(0.5):.1f}) rotate(-90)">{turned}</g>')
    for number, (label, precision, recall) in enumerate(points):
        if precision["value"] is None or recall["value"] is None:
            continue
        px, py = x(recall["value"]), y(precision["value"])
        kind = "real" if number == len(points) - 1 else f"series s{number % 6}"
        parts.append(
            f'<path class="whisker" d="M{x(recall["low"]):.1f} {py:.1f}H{x(recall["high"]):.1f}'
            f'M{px:.1f} {y(precision["low"]):.1f}V{y(precision["high"]):.1f}"/>'
        )
        parts.append(f'<circle class="dot {kind}" cx="{px:.1f}" cy="{py:.1f}" r="5"/>')
        aside, anchor = (-9, "end") if recall["value"] > 0.6 else (9, "start")
        parts.append(_text(px + aside, py - 8, label, anchor))
    return _svg(left + side + 16, side + bottom + 8, parts)


def curve(name: str, points: Sequence[tuple[float, float]], marks: Sequence[float] = ()) -> str:
    """A line over steps, its range and last value written beside it.

    Args:
        points: (step, value), in order; values that are no numbers are left out.
        marks: steps at which a new stage begins.
    """
    known = [(s, v) for s, v in points if math.isfinite(v)]
    if len(known) < 2:
        return ""
    width, height, top, bottom = 320.0, 120.0, 24.0, 20.0
    first, last = known[0][0], known[-1][0]
    low, high = min(v for _, v in known), max(v for _, v in known)

    def at(step: float, value: float) -> tuple[float, float]:
        across = width * (step - first) / (last - first or 1)
        return across, top + (height - top - bottom) * (1 - (value - low) / (high - low or 1))

    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in (at(s, v) for s, v in known))
    parts = [f'<path class="grid" d="M0 {top:.0f}H{width:.0f}M0 {height - bottom:.0f}H{width:.0f}"/>']
    parts += [f'<path class="grid" d="M{at(m, low)[0]:.1f} {top:.0f}V{height - bottom:.0f}"/>' for m in marks]
    parts.append(f'<path class="line" d="M{line}"/>')
    parts.append(_text(0, 14, name))
    told = f"{low:.3g} to {high:.3g}, at the end {known[-1][1]:.3g}"
    parts.append(_text(width, 14, told, "end", "tick"))
    parts.append(_text(0, height - 5, f"step {first:.0f}", kind="tick"))
    parts.append(_text(width, height - 5, f"{last:.0f}", "end", "tick"))
    return _svg(width, height, parts)


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img">'
        f"{''.join(parts)}</svg>"
    )
