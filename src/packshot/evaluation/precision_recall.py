"""Improved precision and recall (Kynkäänniemi et al. 2019): shares inside the other set's manifold.

A set's manifold is the union of balls around its features, each reaching to its k-th nearest neighbour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, share
from packshot.features.neighbours import distances, nearest

K = 3


def radii(features: NDArray[np.floating], k: int) -> NDArray[np.float64]:
    """(n,) distance of each row to its k-th nearest other row; the farthest one where there are fewer than k."""
    found, _ = nearest(features, features, k, among_themselves=True)
    return found[:, -1] if found.shape[1] else np.zeros(len(features))


def precision_recall(real: NDArray[np.floating], generated: NDArray[np.floating], k: int = K) -> tuple[Figure, Figure]:
    """Precision, the share of generated pictures inside the real manifold, and recall, the reverse.

    Both depend on how many pictures make the manifold: of the larger set only as many as the smaller one has, evenly
    spread, are used, so that figures with as many real pictures can be compared. The intervals are Wilson's, for the
    counted pictures; the manifolds are taken as given.
    """
    count = min(len(real), len(generated))
    real, generated = _spread(real, count), _spread(generated, count)
    if count == 0:
        return share(0, 0), share(0, 0)
    real_radii, generated_radii = radii(real, k), radii(generated, k)
    inside_real = np.zeros(count, bool)
    inside_generated = np.zeros(count, bool)
    for rows, block in distances(generated, real):
        inside_real[rows] = (block < real_radii).any(axis=1)
        inside_generated |= (block < generated_radii[rows, None]).any(axis=0)
    return share(int(inside_real.sum()), count), share(int(inside_generated.sum()), count)


def _spread(x: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    return x if len(x) == count else x[np.linspace(0, len(x) - 1, count).round().astype(int)]
