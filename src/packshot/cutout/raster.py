"""Small operations on masks and planes, in numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
# Windows up to this radius are summed neighbour by neighbour, wider ones from running totals.
_NARROW = 2


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
        counts = np.minimum(np.arange(n) + radius + 1, n) - np.maximum(np.arange(n) - radius, 0)
        shape = [1] * plane.ndim
        shape[axis] = n
        plane = (_window_sums(plane, axis, radius) / counts.reshape(shape)).astype(np.float32)
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

    Rows are cut into runs, and runs that touch across two rows are joined until nothing changes: a run hooks its tree
    to that of its neighbour with the smaller number, and all trees are flattened (Shiloach and Vishkin 1982, "An
    O(log n) parallel connectivity algorithm").

    Returns:
        labels: (h, w), 0 outside, 1.. inside, 1 being the largest component.
        areas: (n,) pixels of each component, largest first.
    """
    labels = np.zeros(mask.shape, np.int64)
    if not mask.any():
        return labels, np.zeros(0, np.int64)
    starts, ends = _run_ends(mask)
    width = mask.shape[1]
    # Where two rows overlap, the overlap's own runs name each pair of touching runs once. Numbers count the pixels of
    # a row and the gap after it.
    touching, _ = _run_ends(mask[:-1] & mask[1:])
    above = np.searchsorted(starts, touching, side="right") - 1
    below = np.searchsorted(starts, touching + width + 1, side="right") - 1
    tree = np.arange(len(starts))
    while len(above):
        low, high = np.minimum(tree[above], tree[below]), np.maximum(tree[above], tree[below])
        apart = low < high
        above, below = above[apart], below[apart]
        np.minimum.at(tree, high[apart], low[apart])
        while (flat := tree[tree]).tobytes() != tree.tobytes():
            tree = flat
    # A component has the number of its first run, and the first pixel decides among equals.
    lengths = ends - starts
    counts = np.bincount(tree, weights=lengths).astype(np.int64)
    numbers = np.flatnonzero(counts)
    largest = numbers[np.argsort(-counts[numbers], kind="stable")]
    rank = np.zeros(len(counts), np.int64)
    rank[largest] = np.arange(1, len(largest) + 1)
    labels[mask] = np.repeat(rank[tree], lengths)
    return labels, counts[largest]


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


def _run_ends(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the horizontal runs of a mask start, and where they have ended, as numbers of pixels when every row has a
    gap of one more."""
    padded = np.zeros(mask.shape[0] * (mask.shape[1] + 1) + 1, np.bool_)
    padded[1:].reshape(mask.shape[0], mask.shape[1] + 1)[:, :-1] = mask
    change = np.flatnonzero(padded[1:] != padded[:-1])
    return change[::2], change[1::2]


def _window_sums(plane: Plane, axis: int, radius: int) -> NDArray[np.float64]:
    """Sums over the 2 radius + 1 neighbours along an axis, cut off at the ends."""
    n = plane.shape[axis]

    def part(low: int, high: int) -> tuple[slice, ...]:
        return (slice(None),) * axis + (slice(low, high),)

    if radius <= _NARROW:
        sums = plane.astype(np.float64)
        for k in range(1, min(radius, n - 1) + 1):
            sums[part(k, n)] += plane[part(0, n - k)]
            sums[part(0, n - k)] += plane[part(k, n)]
        return sums
    # Nothing comes before the first total, and the last goes on, so that every window has two ends.
    total = np.zeros((*plane.shape[:axis], n + 2 * radius + 1, *plane.shape[axis + 1 :]), np.float64)
    if axis == 0:
        # numpy's own running sum down the columns takes one column at a time.
        for i in range(n):
            np.add(total[radius + i], plane[i], out=total[radius + i + 1])
    else:
        np.cumsum(plane, axis=axis, out=total[part(radius + 1, radius + 1 + n)])
    total[part(radius + 1 + n, n + 2 * radius + 1)] = total[part(radius + n, radius + n + 1)]
    return np.asarray(total[part(2 * radius + 1, n + 2 * radius + 1)] - total[part(0, n)], np.float64)
