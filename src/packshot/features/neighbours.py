"""Exact nearest neighbours among features by Euclidean distance, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Distances held at once: 64 MB as float32.
_BLOCK = 16_000_000


def distances(queries: NDArray[np.floating], base: NDArray[np.floating]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Distances from every query (n, d) to every row of ``base`` (m, d), a few rows at a time.

    Yields:
        (rows, block): ``block[i, j]`` is the distance from query ``rows.start + i`` to row ``j``, float32.
    """
    # ‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b loses digits when the norms are large beside the distance, so both are centred.
    centre = np.asarray(base[: 1 << 14], np.float64).mean(axis=0).astype(np.float32) if len(base) else np.float32(0)
    b = np.asarray(base, np.float32) - centre
    b_norm = np.einsum("ij,ij->i", b, b)
    step = max(1, _BLOCK // max(1, len(b)))
    for start in range(0, len(queries), step):
        rows = slice(start, min(start + step, len(queries)))
        a = np.asarray(queries[rows], np.float32) - centre
        block = a @ b.T
        block *= -2
        block += np.einsum("ij,ij->i", a, a)[:, None]
        block += b_norm
        np.maximum(block, 0, out=block)
        yield rows, np.sqrt(block, out=block)


def nearest(
    queries: NDArray[np.floating], base: NDArray[np.floating], k: int = 1, *, among_themselves: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The ``k`` nearest rows of ``base`` (m, d) for each query (n, d), nearest first.

    Args:
        among_themselves: queries and base are the same rows, and no row counts as its own neighbour.

    Returns:
        Distances (n, k) float64 and row numbers (n, k) int64; fewer columns when the base has fewer rows.
    """
    k = max(0, min(k, len(base) - among_themselves))
    found = np.zeros((len(queries), k), np.float64)
    index = np.zeros((len(queries), k), np.int64)
    if k == 0:
        return found, index
    for rows, block in distances(queries, base):
        if among_themselves:
            block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        chosen = np.argpartition(block, k - 1, axis=1)[:, :k]
        # The few that are kept are measured again directly, without the cancellation of the expanded square.
        exact = np.stack(
            [
                np.linalg.norm(np.asarray(base[c], np.float64) - np.asarray(q, np.float64), axis=1)
                for q, c in zip(queries[rows], chosen, strict=True)
            ]
        )
        order = np.argsort(exact, axis=1, kind="stable")
        found[rows] = np.take_along_axis(exact, order, axis=1)
        index[rows] = np.take_along_axis(chosen, order, axis=1)
    return found, index


class Look(NamedTuple):
    """One way to look for copies: pictures (m, d), what they may be copies of (n, d), and the distance below which one
    is.
    """

    pictures: NDArray[np.floating]
    originals: NDArray[np.floating]
    limit: float


def closeness(*looks: Look) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How close the pictures come to being copies, by the look that finds them closest.

    Returns:
        (m,) the distance to the nearest original as a share of the look's limit, below 1 for a copy; and (m,) the row
        of that original.
    """
    shares, rows = [], []
    for pictures, originals, limit in looks:
        apart, row = nearest(pictures, originals)
        shares.append(apart[:, 0] / limit if limit > 0 else np.full(len(apart), np.inf))
        rows.append(row[:, 0])
    which = np.argmin(shares, axis=0)
    each = np.arange(len(which))
    return np.array(shares)[which, each], np.array(rows)[which, each]
