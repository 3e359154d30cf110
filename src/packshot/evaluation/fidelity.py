"""How near a set of pictures is to the real ones, and how much of them it covers: every metric on the same features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.density_coverage import density_coverage
from packshot.evaluation.diversity import relative_spread
from packshot.evaluation.frechet import frechet
from packshot.evaluation.intervals import Figure
from packshot.evaluation.kid import kid
from packshot.evaluation.precision_recall import precision_recall

# Fewer pictures of a kind are too few for anything but KID, which is unbiased.
ENOUGH_OF_A_KIND = 100
# The spread needs no more pictures than this, and its time grows with their square.
_SPREAD = 2000


def fidelity(real: NDArray[np.floating], candidate: NDArray[np.floating]) -> dict[str, Figure]:
    """FID, KID, precision, recall, density, coverage and spread of a set against real pictures.

    Args:
        real: (n, d), n at least 2.
        candidate: (m, d), m at least 2.
    """
    precision, recall = precision_recall(real, candidate)
    density, coverage = density_coverage(real, candidate)
    return {
        "fid": frechet(real, candidate),
        "kid": kid(real, candidate),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "spread": relative_spread(_spread(candidate), _spread(real)),
    }


def by_category(
    real: NDArray[np.floating],
    real_categories: Sequence[str],
    candidate: NDArray[np.floating],
    categories: Sequence[str],
) -> dict[str, dict[str, Figure]]:
    """The metrics of each kind of product, most frequent first; only KID where there are fewer than
    ``ENOUGH_OF_A_KIND`` pictures, and nothing below 2.
    """
    mine, theirs = np.array(real_categories, str), np.array(categories, str)
    names, counts = np.unique(mine, return_counts=True)
    found = {}
    for name in names[np.lexsort((names, -counts))]:
        a, b = real[mine == name], candidate[theirs == name]
        if name and min(len(a), len(b)) >= 2:
            enough = min(len(a), len(b)) >= ENOUGH_OF_A_KIND
            found[str(name)] = fidelity(a, b) if enough else {"kid": kid(a, b)}
    return found


def _spread(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return x if len(x) <= _SPREAD else x[np.linspace(0, len(x) - 1, _SPREAD).round().astype(int)]
