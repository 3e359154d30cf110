"""Kernel distance: unbiased squared maximum mean discrepancy with a cubic kernel (Bińkowski et al. 2018, KID)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def kernel_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """KID of (n, d) and (m, d) features over all pairs; 0 in expectation for sets of one origin, may be below.

    Raises:
        ValueError: a set has fewer than 2 rows.
    """
    if len(a) < 2 or len(b) < 2:
        raise ValueError("the kernel distance needs at least 2 rows in each set")
    x, y = a.astype(np.float64), b.astype(np.float64)
    n, m = len(x), len(y)
    kxx, kyy, kxy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within_x = (kxx.sum() - np.trace(kxx)) / (n * (n - 1))
    within_y = (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
    return float(within_x + within_y - 2 * kxy.mean())


def _kernel(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x·y / d + 1)³, the paper's kernel."""
    values: NDArray[np.float64] = (x @ y.T / x.shape[1] + 1) ** 3
    return values
