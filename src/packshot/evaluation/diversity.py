"""Diversity: how different pictures of one set are from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, jackknife
from packshot.features.neighbours import distances


def spread(features: NDArray[np.floating]) -> float:
    """Mean distance between two different rows of (n, d) features; 0 for fewer than 2."""
    n = len(features)
    if n < 2:
        return 0.0
    total = 0.0
    for rows, block in distances(features, features):
        # A row's distance to itself is 0 but for rounding.
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = 0
        total += float(block.sum(dtype=np.float64))
    return total / (n * (n - 1))


def vendi_score(features: NDArray[np.floating]) -> float:
    """The effective number of different pictures (Friedman and Dieng 2023), with the cosine kernel; 1 to n.

    It is exp of the entropy of the eigenvalues of K / n.
    """
    x = np.asarray(features, np.float64)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    gram = x @ x.T if len(x) <= x.shape[1] else x.T @ x
    values = np.linalg.eigvalsh(gram / len(x))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def relative_spread(generated: NDArray[np.floating], real: NDArray[np.floating]) -> Figure:
    """The generated pictures' spread as a share of the real ones': below 1 they vary less.

    The interval is the delete-a-group jackknife over both sets.
    """

    def ratio(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
        whole = spread(b)
        return spread(a) / whole if whole else 0.0

    def without(group: int, groups: int) -> float:
        kept = [x[np.arange(len(x)) % groups != group] for x in (generated, real)]
        return ratio(kept[0], kept[1])

    return jackknife(ratio(generated, real), without, min(len(generated), len(real)), least=0.0)
