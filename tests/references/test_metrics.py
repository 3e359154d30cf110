"""Metrics against independent public implementations."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from sklearn.metrics.pairwise import polynomial_kernel

from packshot.evaluation.frechet import frechet_distance, moments
from packshot.evaluation.kid import kernel_distance


def _features(seed: int, n: int, d: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) / np.sqrt(d) + shift).astype(np.float32)


def _scipy_frechet(a: np.ndarray, b: np.ndarray) -> float:
    ca, cb = np.cov(a.astype(np.float64), rowvar=False), np.cov(b.astype(np.float64), rowvar=False)
    root = scipy.linalg.sqrtm(ca @ cb)
    apart = np.square(a.mean(0, dtype=np.float64) - b.mean(0, dtype=np.float64)).sum()
    return float(apart + np.trace(ca + cb - 2 * np.real(root)))


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_frechet_distance_agrees_with_scipy(shift: float) -> None:
    a, b = _features(1, 400, 24), _features(2, 300, 24, shift)
    assert frechet_distance(moments(a), moments(b)) == pytest.approx(_scipy_frechet(a, b), rel=1e-6)


def test_kernel_distance_agrees_with_scikit_learn() -> None:
    a, b = _features(3, 150, 16), _features(4, 120, 16, 0.3)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return polynomial_kernel(x.astype(np.float64), y.astype(np.float64), degree=3, gamma=1 / 16, coef0=1)

    n, m = len(a), len(b)
    xx, yy, xy = kernel(a, a), kernel(b, b), kernel(a, b)
    expected = (xx.sum() - np.trace(xx)) / n / (n - 1) + (yy.sum() - np.trace(yy)) / m / (m - 1) - 2 * xy.mean()
    assert kernel_distance(a, b) == pytest.approx(expected, rel=1e-6)
