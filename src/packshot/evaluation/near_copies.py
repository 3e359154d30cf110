"""Near-copies: generated pictures closer to a training picture than real pictures that were never trained on get."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, share
from packshot.features.neighbours import nearest

PERCENTILE = 1.0


def threshold(training: NDArray[np.floating], held_out: NDArray[np.floating]) -> float:
    """The distance below which a picture counts as a near-copy: the 1st percentile of the distances of held-out real
    pictures to their nearest training picture.
    """
    apart, _ = nearest(held_out, training)
    return float(np.percentile(apart, PERCENTILE)) if apart.size else 0.0


class Closest(NamedTuple):
    """Each generated picture's nearest training picture: distance (m,), training row (m,), and the threshold."""

    distance: NDArray[np.float64]
    row: NDArray[np.int64]
    threshold: float

    @property
    def near(self) -> NDArray[np.bool_]:
        """(m,) whether it is a near-copy."""
        result: NDArray[np.bool_] = self.distance < self.threshold
        return result

    @property
    def share(self) -> Figure:
        """The share of near-copies, with Wilson's interval; by construction about 0.01 for real pictures."""
        return share(int(self.near.sum()), len(self.distance))


def closest(training: NDArray[np.floating], held_out: NDArray[np.floating], generated: NDArray[np.floating]) -> Closest:
    """The nearest training picture of each generated one."""
    apart, row = nearest(generated, training)
    return Closest(apart[:, 0], row[:, 0], threshold(training, held_out))
