"""Near duplicates: the same photo recompressed, resized, slightly cropped, framed, or shifted in brightness or colour.

Candidates come cheaply, from the nearest perceptual hashes of whole pictures and of pictures without their margins,
and from the nearest lite0 features. Each proposed pair is then laid over each other and compared by its detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.hashing import look_hashes
from packshot.catalog.looks import SAME, agreement
from packshot.catalog.multi_index import Keys, keys_of
from packshot.catalog.proposals import near_features, near_hashes
from packshot.engines import Engine, LocalEngine

_PAIRS_AT_ONCE = 256
_LOOKS_AT_ONCE = 4096

Looks = NDArray[np.uint8]


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
        mirrored: count a picture and its mirror image as duplicates.
    """
    if len(looks) < 2:
        return []
    engine = engine or LocalEngine(None, "threads")
    # A network that has seen flipped pictures gives a mirror image nearly the same features.
    found = [near_features(features), near_hashes(hashes, engine)]
    subjects = _hashes(looks, 1)
    if not np.array_equal(subjects, _hashes(looks, 0)):
        found.append(near_hashes(subjects, engine))
    if mirrored:
        found.append(_mirrored_hashes(hashes, _hashes(looks, 0, flipped=True), engine))
    compared = engine.map(_compare, _proposed(looks, np.unique(np.concatenate(found)), mirrored))
    return [pair for chunk in compared for pair in chunk]


@dataclass(frozen=True)
class _Proposed:
    """Pairs of rows with their (n, 2, 64, 64) uint8 looks, to be compared wherever an engine takes them."""

    rows: NDArray[np.int64]
    one: Looks
    other: Looks
    mirrored: bool


def _proposed(looks: Looks, pairs: Keys, mirrored: bool) -> Iterator[_Proposed]:
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        keys = pairs[start : start + _PAIRS_AT_ONCE]
        rows = np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)
        yield _Proposed(rows, looks[rows[:, 0]], looks[rows[:, 1]], mirrored)


def _compare(chunk: _Proposed) -> list[Pair]:
    pairs = []
    for (first, second), one, other in zip(chunk.rows.tolist(), chunk.one, chunk.other, strict=True):
        agreed = agreement(one, other)
        if agreed < SAME and chunk.mirrored:
            agreed = agreement(one, np.ascontiguousarray(other[:, :, ::-1]))
        if agreed >= SAME:
            pairs.append(Pair(first, second, agreed))
    return pairs


def _hashes(looks: Looks, which: int, *, flipped: bool = False) -> NDArray[np.uint8]:
    step = -1 if flipped else 1
    chunks = (looks[i : i + _LOOKS_AT_ONCE, which, :, ::step] for i in range(0, len(looks), _LOOKS_AT_ONCE))
    return np.concatenate([look_hashes(chunk) for chunk in chunks])


def _mirrored_hashes(hashes: NDArray[np.uint8], flipped: NDArray[np.uint8], engine: Engine) -> Keys:
    """Pairs of pictures of which one is near the other's mirror image."""
    count = len(hashes)
    keys = near_hashes(np.concatenate([hashes, flipped]), engine)
    one, other = keys >> 32, keys & 0xFFFFFFFF
    across = (one < count) & (other >= count) & (one != other - count)
    return keys_of(one[across], other[across] - count)
