"""Density and coverage (Naeem et al. 2020), which outliers disturb less than precision and recall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, mean, share
from packshot.evaluation.precision_recall import radii
from packshot.features.neighbours import distances

K = 5


def density_coverage(real: NDArray[np.floating], generated: NDArray[np.floating], k: int = K) -> tuple[Figure, Figure]:
    """Density and coverage.

    Density is in how many real balls a generated picture lies on average, divided by ``k``; about 1 for sets of one
    origin and unbounded above. Coverage is the share of real balls that hold a generated picture. The intervals are
    normal for density and Wilson's for coverage; the real balls are taken as given.
    """
    if not len(real) or not len(generated):
        return share(0, 0), share(0, 0)
    reach = radii(real, k)
    hits = np.zeros(len(generated))
    closest = np.full(len(real), np.inf)
    for rows, block in distances(generated, real):
        hits[rows] = (block < reach).sum(axis=1)
        closest = np.minimum(closest, block.min(axis=0))
    return mean(hits / k), share(int((closest < reach).sum()), len(real))
