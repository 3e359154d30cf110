"""Multinomial logistic regression on image features, in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_COMPONENTS = 256
_STEPS = 250
_PENALTY = 0.01


def fit_softmax(
    features: NDArray[np.floating], labels: NDArray[np.int64], classes: int, *, rare: float = 0.5
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (d, classes) and offsets (classes,) with which ``softmax(x @ weights + offsets)`` names the class.

    Features are standardised, turned to their leading principal components and half whitened, which keeps their order
    of strength and lets the descent converge; then the penalised likelihood is climbed by Nesterov's accelerated
    gradient (Nesterov 1983) with the step that the Hessian's bound allows (Böhning 1992). Components, penalty and the
    weight of rare classes were chosen on garment photos; nearby values give the same held-out accuracy within its
    error.

    Args:
        features: (n, d), n at least 1.
        labels: (n,) from 0 to ``classes - 1``.
        rare: how much more rare classes weigh: 0 for probabilities as they are, 1 for classes that weigh the same.
    """
    x = np.asarray(features, np.float64)
    n, mean, scale = len(x), x.mean(axis=0), x.std(axis=0) + 1e-6
    x = (x - mean) / scale
    values, vectors = np.linalg.eigh(x.T @ x / n)
    kept = min(_COMPONENTS, max(1, n - 1), x.shape[1])
    values, vectors = np.maximum(values[::-1][:kept], 1e-9), vectors[:, ::-1][:, :kept]
    basis = vectors / values**0.25
    z = np.concatenate([x @ basis, np.ones((n, 1))], axis=1)

    weight = np.maximum(np.bincount(labels, minlength=classes), 1)[labels] ** -rare
    weight /= weight.mean()
    penalty = np.full((z.shape[1], 1), _PENALTY)
    penalty[-1] = 0
    bound = 0.5 * np.linalg.eigvalsh((z * weight[:, None]).T @ z / n)[-1] + _PENALTY
    truth = np.eye(classes)[labels]
    solution = ahead = np.zeros((z.shape[1], classes))
    for step in range(_STEPS):
        error = (softmax(z @ ahead) - truth) * weight[:, None]
        new = ahead - (z.T @ error / n + penalty * ahead) / bound
        ahead = new + step / (step + 3) * (new - solution)
        solution = new
    weights = basis @ solution[:-1] / scale[:, None]
    return weights.astype(np.float32), (solution[-1] - mean @ weights).astype(np.float32)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
    result: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result
