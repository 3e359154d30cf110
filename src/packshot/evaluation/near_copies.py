"""Near-copies: generated pictures closer to a training picture than real pictures that were never trained on get."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, share
from packshot.features.neighbours import Look, closeness, nearest

# Of held-out real pictures, the share that all looks together may take for copies.
PERCENTILE = 1.0


class View(NamedTuple):
    """Features of one kind: of the training pictures (n, d), the held-out ones (k, d) and the generated ones (m, d)."""

    training: NDArray[np.floating]
    held_out: NDArray[np.floating]
    generated: NDArray[np.floating]


def threshold(training: NDArray[np.floating], held_out: NDArray[np.floating], looks: int = 1) -> float:
    """The distance below which a picture counts as a near-copy: the 1st percentile of the distances of held-out real
    pictures to their nearest training picture, or what is left of it for each of several looks.
    """
    apart, _ = nearest(held_out, training)
    return float(np.percentile(apart, PERCENTILE / looks)) if apart.size else 0.0


class Closest(NamedTuple):
    """Each generated picture's closest training picture: closeness (m,), training row (m,), and each view's limit.

    The closeness is the distance as a share of the limit.
    """

    closeness: NDArray[np.float64]
    row: NDArray[np.int64]
    limits: tuple[float, ...]

    @property
    def near(self) -> NDArray[np.bool_]:
        """(m,) whether it is a near-copy."""
        result: NDArray[np.bool_] = self.closeness < 1
        return result

    @property
    def share(self) -> Figure:
        """The share of near-copies, with Wilson's interval; by construction about 0.01 for real pictures."""
        return share(int(self.near.sum()), len(self.closeness))


def closest(*views: View) -> Closest:
    """The training picture that each generated one comes closest to being a copy of, in any of the views."""
    limits = tuple(threshold(view.training, view.held_out, len(views)) for view in views)
    found, row = closeness(*(Look(v.generated, v.training, limit) for v, limit in zip(views, limits, strict=True)))
    return Closest(found, row, limits)
