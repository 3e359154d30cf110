"""Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, FID)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, jackknife

_ROWS = 8192


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of features."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def moments(features: NDArray[np.floating]) -> Moments:
    """Mean and unbiased covariance of (n, d) features; a single row has covariance 0.

    Rows are taken a few thousand at a time, so ``features`` may be a memory map.
    """
    return _Sums.of(features).moments()


def frechet_distance(a: Moments, b: Moments) -> float:
    """‖μa − μb‖² + tr(Σa + Σb − 2 (Σa Σb)^½), at least 0 (Dowson and Landau 1982).

    The trace of the square root is the sum of the square roots of the eigenvalues of Σa^½ Σb Σa^½, which is symmetric,
    so no general matrix square root is needed.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    middle = root @ b.covariance @ root
    cross = np.sqrt(np.clip(np.linalg.eigvalsh((middle + middle.T) / 2), 0, None)).sum()
    apart = np.square(a.mean - b.mean).sum()
    return float(max(0.0, apart + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross))


def distance_of_sets(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """The distance of (n, d) and (m, d) features, by whichever way is cheaper for their sizes.

    With Σa = AᵀA and Σb = BᵀB the eigenvalues of Σa Σb are the squared singular values of A Bᵀ, an n × m matrix: for
    sets smaller than the features are long, no d × d matrix is made.
    """
    if 2 * min(len(a), len(b)) > a.shape[1]:
        return frechet_distance(moments(a), moments(b))
    (mean_a, rows_a), (mean_b, rows_b) = _factor(a), _factor(b)
    cross = np.linalg.svd(rows_a @ rows_b.T, compute_uv=False).sum()
    total = np.square(mean_a - mean_b).sum() + np.square(rows_a).sum() + np.square(rows_b).sum()
    return float(max(0.0, total - 2 * cross))


def frechet(real: NDArray[np.floating], generated: NDArray[np.floating]) -> Figure:
    """The distance with its interval: the delete-a-group jackknife over ten groups of both sets.

    The distance is biased upwards for small sets (Chong and Forsyth 2020), which the interval does not show: compare
    distances of equally many pictures only.
    """
    n = min(len(real), len(generated))
    if 2 * n <= real.shape[1]:

        def without(group: int, groups: int) -> float:
            return distance_of_sets(_leave(real, group, groups), _leave(generated, group, groups))

        return jackknife(distance_of_sets(real, generated), without, n, least=0.0)
    sums = [[_Sums.of(x[g::10]) for g in range(10)] for x in (real, generated)]
    totals = [_Sums.total(parts) for parts in sums]

    def downdated(group: int, groups: int) -> float:
        assert groups == 10
        a, b = (total - parts[group] for total, parts in zip(totals, sums, strict=True))
        return frechet_distance(a.moments(), b.moments())

    return jackknife(frechet_distance(totals[0].moments(), totals[1].moments()), downdated, n, least=0.0)


class _Sums(NamedTuple):
    """Sums from which moments follow and which can be added and taken apart: n, Σ(x − c), Σ(x − c)(x − c)ᵀ, c."""

    n: int
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    centre: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[np.floating]) -> _Sums:
        d = features.shape[1]
        # Sums about a point near the mean lose no digits to it.
        centre = np.asarray(features[:_ROWS], np.float64).mean(axis=0)
        first, second = np.zeros(d), np.zeros((d, d))
        for start in range(0, len(features), _ROWS):
            x = np.asarray(features[start : start + _ROWS], np.float64) - centre
            first += x.sum(axis=0)
            second += x.T @ x
        return cls(len(features), first, second, centre)

    @classmethod
    def total(cls, parts: list[_Sums]) -> _Sums:
        whole = parts[0]
        for part in parts[1:]:
            whole = whole._plus(part, 1)
        return whole

    def __sub__(self, other: _Sums) -> _Sums:
        return self._plus(other, -1)

    def _plus(self, other: _Sums, sign: int) -> _Sums:
        moved = other.centre - self.centre
        cross = np.outer(moved, other.first)
        second = other.second + cross + cross.T + other.n * np.outer(moved, moved)
        first = other.first + other.n * moved
        return _Sums(self.n + sign * other.n, self.first + sign * first, self.second + sign * second, self.centre)

    def moments(self) -> Moments:
        shift = self.first / self.n
        covariance = (self.second - self.n * np.outer(shift, shift)) / max(1, self.n - 1)
        return Moments(self.centre + shift, covariance)


def _factor(features: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean, and rows A with covariance AᵀA."""
    x = np.asarray(features, np.float64)
    centre = x.mean(axis=0)
    return centre, (x - centre) / np.sqrt(max(1, len(x) - 1))


def _leave(x: NDArray[np.floating], group: int, groups: int) -> NDArray[np.floating]:
    return x[np.arange(len(x)) % groups != group]
