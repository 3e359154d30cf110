"""Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, FID)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of features."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def moments(features: NDArray[np.floating]) -> Moments:
    """Mean and unbiased covariance of (n, d) features; a single row has covariance 0."""
    x = features.astype(np.float64)
    mean = x.mean(axis=0)
    centred = x - mean
    return Moments(mean, centred.T @ centred / max(1, len(x) - 1))


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
