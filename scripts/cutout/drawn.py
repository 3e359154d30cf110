"""Drawn shapes and patterns, so that the network does not take photographic grain for what makes a product."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def pattern(rng: np.random.Generator, side: int) -> NDArray[np.float32]:
    """(side, side, 3) in 0..255: one colour with a slope of light, and perhaps stripes, checks and grain."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    light = 1 + rng.normal(0, 0.15) * (x - 0.5) + rng.normal(0, 0.15) * (y - 0.5)
    first, turn = rng.uniform(0, np.pi), np.pi / 2
    for angle in (first, first + turn)[: rng.integers(0, 3)]:
        wave = np.sin(2 * np.pi * rng.uniform(2, 24) * (np.cos(angle) * x + np.sin(angle) * y) + rng.uniform(0, 6))
        sharp = np.clip(wave * rng.choice([1.0, 4.0, 20.0]), -1, 1)
        light = light * (1 + rng.uniform(0.02, 0.2) * sharp)
    grain = rng.normal(0, rng.uniform(0, 8), (side, side, 3))
    return np.clip(rng.uniform(5, 250, 3) * light[..., None] + grain, 0, 255).astype(np.float32)


def blob(rng: np.random.Generator, side: int) -> NDArray[np.float32]:
    """(side, side) in 0..1: a closed outline, round or angular, with a soft edge."""
    corners = int(rng.choice([5, 8, 12, 60]))
    angle = 2 * np.pi * (np.arange(corners) + rng.uniform(-0.35, 0.35, corners)) / corners
    radius = np.ones(corners)
    for k in range(2, 6):
        radius += rng.normal(0, 0.45 / k) * np.cos(k * angle + rng.uniform(0, 6))
    radius = np.clip(radius, 0.35, 1.8)
    stretch = rng.uniform(0.6, 1.0, 2) * side * rng.uniform(0.2, 0.48) / radius.max()
    points = np.stack([np.cos(angle), np.sin(angle)], -1) * radius[:, None] * stretch
    points += side / 2 + rng.normal(0, side / 20, 2)
    canvas = np.zeros((side, side), np.float32)
    cv2.fillPoly(canvas, [(points * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
    return np.clip(canvas, 0, 1)
