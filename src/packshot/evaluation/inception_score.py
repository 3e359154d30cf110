"""Inception Score (Salimans et al. 2016): exp of the mean divergence of class probabilities from their average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, jackknife


def inception_score(probabilities: NDArray[np.floating]) -> float:
    """exp(E KL(p(y|x) ‖ p(y))) of (n, classes) probabilities that sum to 1; from 1 to the number of classes."""
    p = np.asarray(probabilities, np.float64)
    average = p.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(average)), 0.0)
    return float(np.exp(terms.sum(axis=1).mean()))


def inception(probabilities: NDArray[np.floating]) -> Figure:
    """The score over all pictures, with the interval of the delete-a-group jackknife.

    The paper averages the scores of ten splits; that mean depends on the split's size, the whole set's does not.
    """
    rows = np.arange(len(probabilities))

    def without(group: int, groups: int) -> float:
        return inception_score(probabilities[rows % groups != group])

    return jackknife(inception_score(probabilities), without, len(probabilities), least=1.0)
