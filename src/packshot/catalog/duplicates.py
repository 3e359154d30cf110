"""Near duplicates: the same photo recompressed, resized, slightly cropped, framed, turned by a quarter, or shifted in
brightness or colour.

Candidates come cheaply, from the nearest perceptual hashes of whole pictures and of pictures without their margins,
and from the nearest lite0 features. Each proposed pair is then laid over each other and compared by its detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.agreement import SAME, agreement
from packshot.catalog.hashing import look_hashes
from packshot.catalog.multi_index import Keys, keys_of
from packshot.catalog.proposals import MOST_BITS, near_features, near_hashes
from packshot.engines import Engine, LocalEngine

_PAIRS_AT_ONCE = 256
_LOOKS_AT_ONCE = 4096
# Bits that a turned copy's hash may be off: few strangers are so near, and each pair takes time to compare.
_TURNED_BITS = 10

Looks = NDArray[np.uint8]

_View = tuple[bool, int]
"""How a picture may lie: mirrored, and by how many quarters turned."""
_UPRIGHT, _MIRRORED = (False, 0), (True, 0)
_TURNS: tuple[_View, ...] = ((False, 1), (False, 2), (False, 3))
_VIEWS: tuple[_View, ...] = (*_TURNS, _MIRRORED, (True, 1), (True, 2), (True, 3))


@dataclass(frozen=True)
class Pair:
    """Two near duplicates, by row, and how well their details agree (-1..1)."""

    first: int
    second: int
    agreement: float


def near_duplicates(
    looks: Looks,
    features: NDArray[np.float16],
    hashes: NDArray[np.uint8],
    engine: Engine | None = None,
    *,
    mirrored: bool = False,
) -> list[Pair]:
    """All near duplicates among n pictures.

    Args:
        looks: (n, 2, 64, 64) uint8, from ``looks``; may be a memory map.
        features: (n, 1280) float16, lite0's; may be a memory map.
        hashes: (n, 8) uint8, perceptual hashes.
        engine: what compares the proposed pairs; None is a thread a core. It does not change the result.
        mirrored: count a picture and its mirror image as duplicates, turned or not.
    """
    if len(looks) < 2:
        return []
    engine = engine or LocalEngine(None, "threads")
    by_features = near_features(features)
    found = [by_features, near_hashes(hashes, engine)]
    subjects = _hashes(looks, 1)
    if not np.array_equal(subjects, _hashes(looks, 0)):
        found.append(near_hashes(subjects, engine))
    upright = np.unique(np.concatenate(found))
    views = [(_UPRIGHT, upright)]
    for view in _VIEWS if mirrored else _TURNS:
        keys = _across(hashes, _hashes(looks, 0, view), engine, MOST_BITS if view == _MIRRORED else _TURNED_BITS)
        # A network that has seen flipped pictures gives a mirror image nearly the same features.
        views.append((view, np.union1d(by_features, keys) if view == _MIRRORED else keys))
    best: dict[tuple[int, int], float] = {}
    for chunk in engine.map(_compare, _proposed(looks, views)):
        for first, second, agreed in chunk:
            best[first, second] = max(agreed, best.get((first, second), -1.0))
    return [Pair(*rows, agreed) for rows, agreed in sorted(best.items())]


@dataclass(frozen=True)
class _Proposed:
    """Pairs of rows with their (n, 2, 64, 64) uint8 looks, to be compared wherever an engine takes them."""

    rows: NDArray[np.int64]
    one: Looks
    other: Looks


def _proposed(looks: Looks, views: list[tuple[_View, Keys]]) -> Iterator[_Proposed]:
    for view, pairs in views:
        for start in range(0, len(pairs), _PAIRS_AT_ONCE):
            keys = pairs[start : start + _PAIRS_AT_ONCE]
            rows = np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)
            yield _Proposed(rows, looks[rows[:, 0]], _seen(looks[rows[:, 1]], view))


def _compare(chunk: _Proposed) -> list[tuple[int, int, float]]:
    """The duplicates among the proposed pairs: their rows and agreement."""
    agreed = [agreement(one, other) for one, other in zip(chunk.one, chunk.other, strict=True)]
    return [(*rows, a) for rows, a in zip(chunk.rows.tolist(), agreed, strict=True) if a >= SAME]


def _seen(looks: Looks, view: _View) -> Looks:
    """Looks (..., 64, 64), mirrored and turned as ``view`` says."""
    mirrored, quarters = view
    return np.ascontiguousarray(np.rot90(looks[..., ::-1] if mirrored else looks, quarters, (-2, -1)))


def _hashes(looks: Looks, which: int, view: _View = _UPRIGHT) -> NDArray[np.uint8]:
    chunks = (_seen(looks[i : i + _LOOKS_AT_ONCE, which], view) for i in range(0, len(looks), _LOOKS_AT_ONCE))
    return np.concatenate([look_hashes(chunk) for chunk in chunks])


def _across(hashes: NDArray[np.uint8], seen: NDArray[np.uint8], engine: Engine, most_bits: int) -> Keys:
    """Pairs of pictures of which one is near the other as it is seen in a view."""
    count = len(hashes)
    both = np.concatenate([hashes, seen])
    keys = near_hashes(both, engine)
    one, other = keys >> 32, keys & 0xFFFFFFFF
    near = np.bitwise_count(both[one] ^ both[other]).sum(1) <= most_bits
    across = near & (one < count) & (other >= count) & (one != other - count)
    return keys_of(one[across], other[across] - count)
