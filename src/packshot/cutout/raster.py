"""Small operations on masks and planes, in numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]


def resize_plane(plane: Plane, width: int, height: int) -> Plane:
    """Resize (h, w) float32 with an antialiasing bilinear filter."""
    if plane.shape == (height, width):
        return plane
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)


def fit_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """(height, width) scaled down so that the longer side is at most ``longest`` and neither is 0."""
    scale = min(1.0, longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def box_mean(plane: Plane, radius: int) -> Plane:
    """Mean of the (2 radius + 1)² window, cut off at the picture's edge; (h, w) or (h, w, c) float32."""
    for axis in (0, 1):
        n = plane.shape[axis]
        total = np.cumsum(plane, axis=axis, dtype=np.float64)
        total = np.concatenate([np.zeros_like(np.take(total, [0], axis)), total], axis)
        low, high = np.maximum(np.arange(n) - radius, 0), np.minimum(np.arange(n) + radius + 1, n)
        shape = [1] * plane.ndim
        shape[axis] = n
        sums = np.take(total, high, axis) - np.take(total, low, axis)
        plane = (sums / (high - low).reshape(shape)).astype(np.float32)
    return plane


def dilate(mask: Mask, times: int = 1) -> Mask:
    """Grow a mask by ``times`` pixels, alternating cross and square so that the shape stays near a disc."""
    for step in range(times):
        padded = np.pad(mask, 1)
        rows = padded[:-2] | padded[1:-1] | padded[2:]
        if step % 2:
            mask = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
        else:
            mask = rows[:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return mask


def erode(mask: Mask, times: int = 1) -> Mask:
    """Shrink a mask by ``times`` pixels; what lies beyond the picture counts as product."""
    return ~dilate(~mask, times)


def components(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Four-connected components.

    Every pixel starts with a number of its own; each run takes the smallest number in it, along rows and
    columns in turn, until nothing changes.

    Returns:
        labels: (h, w), 0 outside, 1.. inside, 1 being the largest component.
        areas: (n,) pixels of each component, largest first.
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    if not mask.any():
        return labels, np.zeros(0, np.int64)
    while True:
        after = _spread(_spread(labels).T).T
        if np.array_equal(after, labels):
            break
        labels = after
    # Numbers are pixels' places, so counting needs no sorting; the first pixel decides among equals.
    counts = np.bincount(labels.ravel())
    numbers = np.flatnonzero(counts[1:]) + 1
    largest = numbers[np.argsort(-counts[numbers], kind="stable")]
    rank = np.zeros(len(counts), np.int64)
    rank[largest] = np.arange(1, len(largest) + 1)
    return rank[labels], counts[largest]


def reach(seeds: Mask, passable: Mask) -> Mask:
    """All of ``passable`` that is four-connected to a seed inside it."""
    labels, areas = components(passable)
    wanted = np.zeros(len(areas) + 1, np.bool_)
    wanted[labels[seeds & passable]] = True
    wanted[0] = False
    return wanted[labels]


def fill_holes(mask: Mask) -> Mask:
    """The mask with everything it encloses."""
    return ~reach(frame(mask.shape), ~mask)


def frame(shape: tuple[int, ...], width: int = 1) -> Mask:
    """True on the outermost ``width`` pixels of a picture of (h, w)."""
    edge = np.ones(shape[:2], np.bool_)
    edge[width:-width, width:-width] = False
    return edge


def guided(guide: NDArray[np.float32], plane: Plane, radius: int, epsilon: float) -> Plane:
    """Guided filter with a colour guide: ``plane`` redrawn along the edges of ``guide``.

    Source: He, Sun and Tang 2010, "Guided image filtering", equations 14 to 16.

    Args:
        guide: (h, w, 3) in 0..1.
        plane: (h, w) in 0..1.
        epsilon: variance below which the guide counts as flat.

    Returns:
        (h, w) in 0..1.
    """
    mean_guide, mean_plane = box_mean(guide, radius), box_mean(plane, radius)
    c = box_mean(guide * plane[..., None], radius) - mean_guide * mean_plane[..., None]
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    products = box_mean(np.stack([guide[..., i] * guide[..., j] for i, j in pairs], -1), radius)
    xx, xy, xz, yy, yz, zz = (
        products[..., n] - mean_guide[..., i] * mean_guide[..., j] + (epsilon if i == j else 0)
        for n, (i, j) in enumerate(pairs)
    )
    # The inverse of a symmetric 3 × 3 matrix by its cofactors: one call for the whole picture, where a solver
    # would make one a pixel.
    a, b, d = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    e, f, g = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    c0, c1, c2 = c[..., 0], c[..., 1], c[..., 2]
    numerator = np.stack([a * c0 + b * c1 + d * c2, b * c0 + e * c1 + f * c2, d * c0 + f * c1 + g * c2], -1)
    slope = (numerator / np.maximum(xx * a + xy * b + xz * d, epsilon**3)[..., None]).astype(np.float32)
    offset = (mean_plane - (slope * mean_guide).sum(-1)).astype(np.float32)
    result = (box_mean(slope, radius) * guide).sum(-1) + box_mean(offset, radius)
    return np.clip(result, 0, 1).astype(np.float32)


def _spread(labels: NDArray[Any]) -> NDArray[np.int64]:
    """The smallest number of every horizontal run of numbers above 0, written over the whole run."""
    padded = np.pad(labels, ((0, 0), (0, 1))).ravel()
    inside = padded > 0
    starts = np.flatnonzero(inside & ~np.concatenate([[False], inside[:-1]]))
    if not len(starts):
        return labels
    ends = np.flatnonzero(inside & ~np.concatenate([inside[1:], [False]])) + 1
    # The gap after a run is part of its reduceat segment, so it must not win.
    smallest = np.minimum.reduceat(np.where(inside, padded, padded.max() + 1), starts)
    padded[inside] = np.repeat(smallest, ends - starts)
    return padded.reshape(labels.shape[0], -1)[:, :-1]
