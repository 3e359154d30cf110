"""Copies of other sizes."""

from __future__ import annotations

import numpy as np

from packshot.images.resize import small_copy


def test_a_small_copy_is_made_of_means() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    means = rgb.reshape(16, 4, 32, 4, 3).mean((1, 3))
    assert np.abs(small_copy(rgb, 32) - means).max() <= 0.5 + 1e-6


def test_a_small_copy_of_less_has_the_side_asked_for() -> None:
    assert small_copy(np.zeros((3, 20, 3), np.uint8), 100).shape == (15, 100, 3)
