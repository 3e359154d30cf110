"""A figure with the interval it is known to, 95 % throughout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z = 1.959964
_GROUPS = 10
# Quantile 0.975 of Student's t with 9 degrees of freedom: the spread of 10 groups is itself uncertain.
_T9 = 2.262157


@dataclass(frozen=True)
class Figure:
    """A measured value.

    Attributes:
        value: the estimate.
        low, high: its 95 % interval.
        n: pictures (or what else was counted) that it rests on.
    """

    value: float
    low: float
    high: float
    n: int

    def json(self) -> dict[str, float | int | None]:
        """As it stands in ``evaluation.json``; null where it is not known or has no bound."""
        known = {k: v if math.isfinite(v) else None for k, v in vars(self).items() if k != "n"}
        return {**known, "n": self.n}


def share(hits: float, n: int) -> Figure:
    """A share ``hits / n`` with Wilson's interval (Wilson 1927); 0 to 1 when nothing was counted."""
    if n == 0:
        return Figure(math.nan, 0.0, 1.0, 0)
    p, z2 = hits / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Figure(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), n)


def mean(values: NDArray[np.floating]) -> Figure:
    """The mean of independent values with a normal interval; the interval of one value is unbounded."""
    n, value = len(values), float(np.mean(values)) if len(values) else math.nan
    half = Z * float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    return Figure(value, value - half, value + half, n)


def jackknife(whole: float, without: Callable[[int, int], float], n: int, *, least: float = -math.inf) -> Figure:
    """The delete-a-group jackknife (Kott 2001) for a statistic that is no mean.

    Args:
        whole: the statistic on everything.
        without: (group, groups) → the statistic without the rows whose number modulo ``groups`` is ``group``.
        n: what the figure rests on; below 20 there is too little to leave out, and the interval is unbounded.
        least: the smallest value that the statistic can take.
    """
    if n < 2 * _GROUPS:
        return Figure(whole, least, math.inf, n)
    parts = np.array([without(group, _GROUPS) for group in range(_GROUPS)])
    error = math.sqrt((_GROUPS - 1) / _GROUPS * float(np.square(parts - parts.mean()).sum()))
    return Figure(whole, max(least, whole - _T9 * error), whole + _T9 * error, n)


def clustered(values: Sequence[NDArray[np.floating]], weights: Sequence[float] | None = None) -> Figure:
    """A ratio of sums over clusters, such as the pictures of one description, which stand or fall together.

    The interval is the percentile bootstrap over whole clusters, 1,000 draws from a fixed seed.

    Args:
        values: one array for each cluster.
        weights: what each value of a cluster is divided by, such as the ceiling of its category; 1 by default.
    """
    sums = np.array([np.sum(v) for v in values], np.float64)
    per = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    sizes = np.array([len(v) for v in values], np.float64) * per
    n = sum(map(len, values))
    if not sizes.sum():
        return Figure(math.nan, 0.0, math.inf, n)
    value = float(sums.sum() / sizes.sum())
    if len(values) < 2:
        return Figure(value, -math.inf, math.inf, n)
    drawn = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    totals = sizes[drawn].sum(axis=1)
    ratios = sums[drawn].sum(axis=1)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Figure(value, float(low), float(high), n)
