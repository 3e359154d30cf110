"""R-precision (Xu et al. 2018, AttnGAN): whether a picture finds its own description among a hundred.

Pictures reach the text encoder's space by a ridge regression fitted on the catalog, so no pretrained image-text network
is needed. The figure says how well descriptions can be told from the pictures' features, the encoder's view of them
included: real pictures' own figure is its ceiling.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import Figure, share

CANDIDATES = 100
_RIDGE = 0.03


class Projection:
    """Features to text vectors.

    Args:
        features: (n, d) of real pictures.
        vectors: (n, t) of their descriptions.
    """

    def __init__(self, features: NDArray[np.floating], vectors: NDArray[np.floating]) -> None:
        x, y = np.asarray(features, np.float64), np.asarray(vectors, np.float64)
        self._x_mean, self._y_mean = x.mean(axis=0), y.mean(axis=0)
        self._scale = np.maximum(x.std(axis=0), 1e-3)
        x, y = (x - self._x_mean) / self._scale, y - self._y_mean
        gram = x.T @ x
        gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram) / len(gram) * max(1.0, len(gram) / len(x))
        self._weights = np.linalg.solve(gram, x.T @ y)

    def similarity(self, features: NDArray[np.floating], texts: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, m) cosine between projected pictures (n, d) and descriptions (m, t), both less the catalog's mean."""
        x = (np.asarray(features, np.float64) - self._x_mean) / self._scale @ self._weights
        y = np.asarray(texts, np.float64) - self._y_mean
        result: NDArray[np.float64] = _unit(x) @ _unit(y).T
        return result


def r_precision(similarity: NDArray[np.floating], own: Sequence[int], candidates: int = CANDIDATES) -> Figure:
    """The share of pictures whose own description comes first among ``candidates``.

    Args:
        similarity: (n, m) of n pictures to m distinct descriptions.
        own: (n,) which description each picture was made from.
        candidates: own description and others drawn for each picture from a fixed seed; all m where there are fewer.
            A tie is lost. The interval is Wilson's.
    """
    rng, (n, m), hits = np.random.default_rng(0), similarity.shape, 0
    count = min(candidates, m)
    for i, mine in enumerate(own):
        others = rng.permutation(m - 1)[: count - 1]
        others += others >= mine
        hits += bool((similarity[i, mine] > similarity[i, others]).all())
    return share(hits, n)


def _unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
