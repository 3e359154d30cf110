"""Authenticity (Alaa et al. 2022, "How faithful is your synthetic data?", section 3.3) as a share: AuthPct."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, share
from packshot.features.neighbours import nearest


def authentic(training: NDArray[np.floating], generated: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(m,) whether each generated picture is farther from its nearest training picture than that one's own nearest
    training picture is.
    """
    own, _ = nearest(training, training, among_themselves=True)
    apart, closest = nearest(generated, training)
    if not own.shape[1] or not len(generated):
        return np.ones(len(generated), bool)
    result: NDArray[np.bool_] = own[closest[:, 0], 0] < apart[:, 0]
    return result


def authenticity(training: NDArray[np.floating], generated: NDArray[np.floating]) -> Figure:
    """The share of authentic pictures, with Wilson's interval.

    Held-out real pictures give about a half, not 1: read it beside theirs. Near duplicates in the training set hide
    copies, since a copy is then no closer than they are to each other.
    """
    found = authentic(training, generated)
    return share(int(found.sum()), len(found))
