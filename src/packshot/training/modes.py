"""Finding the modes of a catalog, and fitting the prior that takes one for a description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.families.common.family import Floats
from packshot.features.appearance import Appearance
from packshot.features.softmax import fit_softmax
from packshot.generation.modes import Modes, nearest

# What fewer pictures share is no mode: it could be learned by heart. They go to those around them.
_FEWEST = 6
# Modes of one kind of product.
_MOST = 48
_ROUNDS = 40
# Examples that the prior is fitted on.
_EXAMPLES = 20_000


class Found(NamedTuple):
    """Modes, and what is asked for where they are shown.

    Attributes:
        appearance: the space that they lie in.
        centres: (k, d) of them.
        kinds: (k, c) bool, which inputs of a condition name the kind of product of each.
        conditions: (m, c) of descriptions.
        shown: (m,) the mode that is shown under each.
    """

    appearance: Appearance
    centres: Floats
    kinds: NDArray[np.bool_]
    conditions: Floats
    shown: NDArray[np.int64]


def find_modes(appearances: Floats, kinds: Sequence[str], size: int) -> tuple[Floats, NDArray[np.int64]]:
    """Groups of pictures of one kind that look alike: k-means (Lloyd 1982) from far-apart beginnings (Arthur and
    Vassilvitskii 2007), the same for the same pictures.

    Args:
        appearances: (n, d).
        kinds: what each picture shows; a group is of one kind, or of all kinds that have too few pictures.
        size: pictures that a group has, about.

    Returns:
        Their centres (k, d), and the group of each picture (n,).
    """
    rng = np.random.default_rng(0)
    names, which, counts = np.unique(np.array(kinds, dtype=str), return_inverse=True, return_counts=True)
    which = np.where(counts[which] < _FEWEST, len(names), which)
    centres, own, before = list[Floats](), np.zeros(len(appearances), np.int64), 0
    for kind in np.unique(which):
        rows = np.flatnonzero(which == kind)
        count = int(np.clip(round(len(rows) / size), 1, _MOST))
        centres.append(_clustered(appearances[rows], count, rng))
        own[rows] = before + nearest(appearances[rows], centres[-1])
        before += len(centres[-1])
    return np.concatenate(centres).astype(np.float32), own


def fit_modes(found: Found) -> Modes:
    """The modes with their prior."""
    # More say no more about so few modes, and a hundred thousand would not fit into memory.
    some = np.linspace(0, len(found.shown) - 1, min(len(found.shown), _EXAMPLES)).astype(int)
    weights, offsets = fit_softmax(found.conditions[some], found.shown[some], len(found.centres), rare=0.0)
    return Modes(found.appearance, found.centres, weights, offsets, found.kinds)


def _clustered(x: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Centres (k, d), at most ``count``, each nearest to at least ``_FEWEST`` of ``x`` (n, d) or alone."""
    centres = x[rng.integers(len(x), size=1)]
    while len(centres) < count:
        far = np.square(x - centres[nearest(x, centres)]).sum(axis=1, dtype=np.float64)
        if not far.any():
            break
        centres = np.concatenate([centres, x[rng.choice(len(x), size=1, p=far / far.sum())]])
    for _ in range(_ROUNDS):
        centres, before = _moved(x, centres), centres
        if len(before) == len(centres) and np.allclose(before, centres):
            break
    while len(centres) > 1:
        sizes = np.bincount(nearest(x, centres), minlength=len(centres))
        if sizes.min() >= _FEWEST:
            break
        centres = _moved(x, np.delete(centres, sizes.argmin(), axis=0))
    return centres


def _moved(x: Floats, centres: Floats) -> Floats:
    """The mean of what is nearest to each centre; a centre that nothing is nearest to is gone."""
    own = nearest(x, centres)
    return np.stack([x[own == k].mean(axis=0) for k in np.unique(own)])
