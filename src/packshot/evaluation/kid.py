"""Kernel distance: unbiased squared maximum mean discrepancy with a cubic kernel (Bińkowski et al. 2018, KID)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, Z

_BLOCK = 1000


def kernel_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """KID of (n, d) and (m, d) features over all pairs; 0 in expectation for sets of one origin, may be below.

    Raises:
        ValueError: a set has fewer than 2 rows.
    """
    return _estimate(a, b)[0]


def kid(real: NDArray[np.floating], generated: NDArray[np.floating], block: int = _BLOCK) -> Figure:
    """The kernel distance with its interval.

    Sets larger than ``block`` rows are cut into blocks whose unbiased estimates are averaged (Zaremba et al. 2013), so
    time grows with the number of pictures and not with its square. Rows are dealt to blocks in turn. The interval is
    normal, from the delete-one jackknife of every block.

    Raises:
        ValueError: a set has fewer than 2 rows.
    """
    blocks = max(1, math.ceil(min(len(real), len(generated)) / block))
    parts = [_estimate(real[i::blocks], generated[i::blocks]) for i in range(blocks)]
    value = sum(part[0] for part in parts) / blocks
    half = Z * math.sqrt(sum(part[1] for part in parts)) / blocks
    return Figure(value, value - half, value + half, min(len(real), len(generated)))


def _estimate(a: NDArray[np.floating], b: NDArray[np.floating]) -> tuple[float, float]:
    """The unbiased estimate over all pairs, and its variance by the delete-one jackknife.

    Every leave-one-out estimate follows from the kernel's row sums, so all of them cost no more than the estimate.
    """
    if len(a) < 2 or len(b) < 2:
        raise ValueError("the kernel distance needs at least 2 rows in each set")
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    n, m = len(x), len(y)
    within_x, within_y = _row_sums(x), _row_sums(y)
    between = _kernel(x, y)
    xx, yy, xy = within_x.sum(), within_y.sum(), between.sum()
    value = xx / (n * (n - 1)) + yy / (m * (m - 1)) - 2 * xy / (n * m)
    variance = 0.0
    if n > 2:
        left = (xx - 2 * within_x) / ((n - 1) * (n - 2)) - 2 * (xy - between.sum(axis=1)) / ((n - 1) * m)
        variance += (n - 1) / n * float(np.square(left - left.mean()).sum())
    if m > 2:
        left = (yy - 2 * within_y) / ((m - 1) * (m - 2)) - 2 * (xy - between.sum(axis=0)) / (n * (m - 1))
        variance += (m - 1) / m * float(np.square(left - left.mean()).sum())
    return float(value), variance if min(n, m) > 2 else math.inf


def _row_sums(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of each row's kernel values with the other rows."""
    kernel = _kernel(x, x)
    sums: NDArray[np.float64] = kernel.sum(axis=1) - np.diagonal(kernel)
    return sums


def _kernel(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x·y / d + 1)³, the paper's kernel."""
    base: NDArray[np.float64] = x @ y.T
    base /= x.shape[1]
    base += 1
    cube = base * base
    cube *= base
    return cube
