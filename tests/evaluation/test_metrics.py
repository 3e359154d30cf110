"""Properties of the metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.evaluation.frechet import Moments, frechet_distance, moments
from packshot.evaluation.kid import kernel_distance


def _set(seed: int, n: int = 60, d: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_identical_sets_are_at_distance_zero_in_any_order(seed: int) -> None:
    x = _set(seed)
    shuffled = x[np.random.default_rng(seed + 1).permutation(len(x))]
    assert frechet_distance(moments(x), moments(shuffled)) == pytest.approx(0, abs=1e-6)
    # The unbiased estimate leaves the diagonal out, so a set against itself comes out just below zero.
    assert kernel_distance(x, shuffled) < 1e-6


def test_frechet_distance_of_known_gaussians_is_the_closed_form() -> None:
    a = Moments(np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    b = Moments(np.array([1.0, 2.0, 2.0]), np.diag([4.0, 4.0, 1.0]))
    # 1 + 4 + 4 for the means; (1-2)² + 0 + (3-1)² for the deviations of commuting covariances.
    assert frechet_distance(a, b) == pytest.approx(9 + 1 + 4)


def test_more_noise_is_never_better() -> None:
    x, noise = _set(0, 300), np.random.default_rng(9).standard_normal((300, 6)).astype(np.float32)
    other = _set(1, 300)
    levels = [0.0, 0.5, 1.0, 2.0, 4.0]
    frechet = [frechet_distance(moments(x), moments(other + s * noise)) for s in levels]
    kernel = [kernel_distance(x, other + s * noise) for s in levels]
    assert frechet == sorted(frechet)
    assert kernel == sorted(kernel)


def test_one_picture_does_not_crash_the_frechet_distance() -> None:
    assert np.isfinite(frechet_distance(moments(_set(0, 1)), moments(_set(1, 1))))


def test_the_kernel_distance_says_that_it_needs_two() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        kernel_distance(_set(0, 1), _set(1, 5))
