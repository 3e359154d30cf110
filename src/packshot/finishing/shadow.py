"""A soft contact shadow, so that a cut-out product stands rather than floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DARKEST = 0.45
# Shares of the product's height: what stands this near its lowest line touches the ground; how far the shadow is soft.
_CONTACT, _SOFT = 0.06, 0.012


def under(layers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a contact shadow under the product.

    It lies where the product's outline comes near its lowest line, is darkest there, and spreads sideways more than
    downwards, as under a broad lamp.

    Args:
        layers: (h, w, 4) float32: the product's colour times its opacity, 0..255, and its opacity, 0..1.

    Returns:
        The same with the shadow, black and partly opaque, behind the product.
    """
    opacity = layers[..., 3]
    seen = opacity > 0.5
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return layers
    height = int(rows[-1] - rows[0]) + 1
    lowest = seen.shape[0] - 1 - np.argmax(seen[::-1], axis=0)
    distance = rows[-1] - lowest[columns]
    touching = np.clip(1 - distance / max(1.0, _CONTACT * height), 0, 1)
    ground = np.zeros(seen.shape, np.float32)
    # A line is nothing after a blur; a band as thick as the blur stays dark in its middle.
    thick = max(1, round(_SOFT * height))
    for offset in range(-thick, thick + 1):
        at = np.clip(lowest[columns] + offset, 0, seen.shape[0] - 1)
        ground[at, columns] = np.maximum(ground[at, columns], touching)
    # Beyond three means in a row there is nothing.
    band = np.flatnonzero(ground.any(1))
    rows_seen = slice(max(0, int(band[0]) - 3 * thick), int(band[-1]) + 3 * thick + 1)
    spread = np.zeros_like(ground)
    spread[rows_seen] = _blurred(ground[rows_seen], thick, 3 * thick)
    peak = float(spread.max())
    if peak <= 0:
        return layers
    dark = _DARKEST * spread / peak
    out = layers.copy()
    out[..., 3] = opacity + dark * (1 - opacity)
    return out


def _blurred(plane: NDArray[np.float32], down: int, across: int) -> NDArray[np.float32]:
    """Three box means come near a Gaussian; the two directions have their own radius."""
    for _ in range(3):
        plane = _along(_along(plane, 0, down), 1, across)
    return plane


def _along(plane: NDArray[np.float32], axis: int, radius: int) -> NDArray[np.float32]:
    moved = np.moveaxis(plane, axis, 0)
    padded = np.pad(moved, ((radius + 1, radius), (0, 0)))
    total = np.cumsum(padded, axis=0, dtype=np.float64)
    size = 2 * radius + 1
    return np.moveaxis((total[size:] - total[:-size]) / size, 0, axis).astype(np.float32)
