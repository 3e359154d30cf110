"""Which of two figures is better, and whether the difference is larger than its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

# Name, path in an evaluation's result, label, factor, which direction is better: 1 higher, -1 lower, 2 higher
# up to that of real pictures, which is 1, and 0 neither.
COMPARED: tuple[tuple[str, tuple[str, ...], str, float, int], ...] = (
    ("fid", ("scores", "fid"), "FID", 1, -1),
    ("kid", ("scores", "kid"), "KID × 1000", 1000, -1),
    ("is", ("scores", "is"), "Inception Score", 1, 1),
    ("precision", ("scores", "precision"), "precision, %", 100, 1),
    ("recall", ("scores", "recall"), "recall, %", 100, 1),
    ("density", ("scores", "density"), "density", 1, 1),
    ("coverage", ("scores", "coverage"), "coverage, %", 100, 1),
    ("spread", ("scores", "spread"), "spread, real = 1", 1, 2),
    ("category", ("adherence", "category", "of_ceiling"), "right kind of product, % of the ceiling", 100, 1),
    ("category_zh", ("adherence", "zh", "category", "of_ceiling"), "… from Chinese", 100, 1),
    ("category_en", ("adherence", "en", "category", "of_ceiling"), "… from English", 100, 1),
    ("color", ("adherence", "color", "of_ceiling"), "right color, % of the ceiling", 100, 1),
    ("color_zh", ("adherence", "zh", "color", "of_ceiling"), "… from Chinese", 100, 1),
    ("color_en", ("adherence", "en", "color", "of_ceiling"), "… from English", 100, 1),
    ("r_precision_zh", ("r_precision", "zh", "generated"), "finds its Chinese description, %", 100, 1),
    ("r_precision_en", ("r_precision", "en", "generated"), "finds its English description, %", 100, 1),
    ("same_description", ("same_description", "spread"), "spread within a description, real = 1", 1, 2),
    ("near_copies", ("memorisation", "near_copies"), "near-copies, %", 100, -1),
    ("authenticity", ("memorisation", "authenticity"), "authenticity, %", 100, 0),
)


def at(result: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any] | None:
    """The figure at a path of an evaluation's result; None where it was not measured."""
    found: Any = result
    for key in path:
        if not isinstance(found, Mapping) or found.get(key) is None:
            return None
        found = found[key]
    return found if isinstance(found, Mapping) else None


def difference(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[float, float, float]:
    """a − b with its interval, by squaring and adding the two intervals' halves (Newcombe 1998, method 10).

    The figures are taken as independent. Models that are judged by the same real pictures and descriptions err
    together, so the interval is rather too wide than too narrow.
    """
    value = a["value"] - b["value"]

    def half(figure: Mapping[str, Any], side: str) -> float:
        return math.inf if figure[side] is None else abs(figure["value"] - figure[side])

    low = value - math.hypot(half(a, "low"), half(b, "high"))
    high = value + math.hypot(half(a, "high"), half(b, "low"))
    return value, low, high


def differences(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every metric of every two models.

    Returns:
        Entries with ``metric``, ``label``, the models' numbers ``a`` and ``b``, ``difference`` a − b, ``low``,
        ``high``, and ``better``: the number of the model that is better by more than the interval, or None.
    """
    found = []
    for name, path, label, _, direction in COMPARED:
        figures = [at(result, path) for result in results]
        for (i, a), (j, b) in combinations(enumerate(figures), 2):
            if a is None or b is None or a["value"] is None or b["value"] is None:
                continue
            value, low, high = difference(a, b)
            above = direction == 2 and max(a["value"], b["value"]) > 1
            silent = low <= 0 <= high or direction == 0 or above
            better = None if silent else (i if value * direction > 0 else j)
            entry = {"metric": name, "label": label, "a": i, "b": j, "difference": value, "better": better}
            bounds = {"low": low if math.isfinite(low) else None, "high": high if math.isfinite(high) else None}
            found.append({**entry, **bounds})
    return found
