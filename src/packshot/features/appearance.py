"""What a product looks like in a few dozen numbers: near each other where two look alike to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.features.lite0 import Lite0, batched

# Of lite0's features and of outlines, the leading principal components; the two kinds weigh the same.
_COMPONENTS, _OUTLINES = 32, 8
_SIDE, _PLACES = 128, 8
# What is further from white than this, of 255, is product.
_PAPER = 20
_CHUNK = 256


@dataclass(frozen=True)
class Appearance:
    """The directions in which the pictures of one catalog differ most.

    Attributes:
        mean, basis: (1280,), (1280, a) of lite0 features of ``lite0()``.
        outline_mean, outline_basis: (64,), (64, b) of outlines.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    outline_mean: NDArray[np.float32]
    outline_basis: NDArray[np.float32]

    @property
    def dim(self) -> int:
        """Length of an appearance, a + b."""
        return self.basis.shape[1] + self.outline_basis.shape[1]

    def embed(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, dim) float32 for pictures (n, s, s, 3) uint8, s a multiple of 8."""
        return self.of(lite0().embed(pictures), outlines(pictures))

    def of(self, features: NDArray[np.float32], outline: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, dim) float32 of features (n, 1280) and outlines (n, 64)."""
        parts = (features - self.mean) @ self.basis, (outline - self.outline_mean) @ self.outline_basis
        return np.concatenate(parts, axis=1, dtype=np.float32)


def lite0() -> Lite0:
    """The features below appearances: of a smaller side, which take a third of the time."""
    return Lite0(side=_SIDE)


def fit_appearance(features: NDArray[np.floating], outline: NDArray[np.floating]) -> Appearance:
    """The appearance of a catalog.

    Args:
        features: (n, 1280) of ``lite0()``.
        outline: (n, 64), see ``outlines``.
    """
    x, shape = np.asarray(features, np.float64), np.asarray(outline, np.float64)
    mean, shape_mean, scale = x.mean(axis=0), shape.mean(axis=0), x.std(axis=0)
    # What hardly varies in one catalog may in another, which is described in the same way.
    scale = np.maximum(scale, 0.1 * np.median(scale) + 1e-6)
    basis = _leading((x - mean) / scale, _COMPONENTS) / scale[:, None]
    shape_basis = _leading(shape - shape_mean, _OUTLINES)
    parts = (mean, basis, shape_mean, shape_basis)
    return Appearance(*(part.astype(np.float32) for part in parts))


def outlines(pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """(n, 64) float32: how much of each of 8 × 8 areas is not white, the mean of a picture and its mirror image."""
    rows = []
    for some in batched(iter(pictures), _CHUNK):
        product = 255 - np.stack(some).min(axis=3) > _PAPER
        block = product.shape[1] // _PLACES
        areas = product.reshape(len(product), _PLACES, block, _PLACES, block).mean(axis=(2, 4), dtype=np.float32)
        rows.append(((areas + areas[:, :, ::-1]) / 2).reshape(len(areas), -1))
    return np.concatenate(rows) if rows else np.zeros((0, _PLACES**2), np.float32)


def _leading(x: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The leading principal components of centred rows, scaled so that all that is told has a deviation of 1."""
    vectors = np.linalg.eigh(x.T @ x)[1][:, ::-1][:, :count]
    return np.asarray(vectors / max(float((x @ vectors).std()), 1e-6))
