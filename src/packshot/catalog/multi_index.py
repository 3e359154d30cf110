"""Near hashes among a great many, without comparing all with all.

Method: multi-index hashing (M. Norouzi, A. Punjani and D. Fleet 2012, "Fast search in Hamming space with multi-index
hashing"). A hash is cut into parts; of two hashes that are near, one part at least differs in very few bits, so only
hashes are compared whose parts do. Written as array operations because faiss's index of this kind looks every part up
by itself, and takes many times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from packshot.engines import Engine

Keys = NDArray[np.int64]

# With four parts, two bits a part find every pair of up to 11 bits (4 · 3 - 1); with three parts, of up to 8.
_FLIPS = 2
# Above this many hashes, 16 bits leave too many in a bucket.
_FOUR_PARTS_UP_TO = 3_000_000
# A bucket's members compared with one hash at most, and near ones after which it needs no more: clusters of
# thousands of equal pictures stay connected, and cost no more than others.
_COMPARED, _ENOUGH = 32, 12
_LOW = 0xFFFFFFFF
# Neighbouring bits of a perceptual hash go together; spread over the parts, they fill their buckets evenly.
_SPREAD = np.random.Generator(np.random.PCG64(64)).permutation(64)


@dataclass(frozen=True)
class _Part:
    """One part's hashes with that part in front, and the parts' and the hash's bits."""

    hashes: NDArray[np.uint64]
    bits: int
    most_bits: int


def near_by_parts(hashes: NDArray[np.uint8], engine: Engine) -> Keys:
    """Pairs of (n, 8) uint8 hashes at most 11 bits apart, or 8 where there are more than 3 million.

    Every such pair is found unless more than 32 hashes share a part, or one has 12 neighbours already.

    Returns:
        (m,) int64, see ``keys_of``, sorted and each pair once.
    """
    spread = np.packbits(np.unpackbits(hashes, axis=1)[:, _SPREAD], axis=1)
    plain = np.ascontiguousarray(spread).view(">u8").ravel().astype(np.uint64)
    different, first, member = np.unique(plain, return_index=True, return_inverse=True)
    parts = 4 if len(different) <= _FOUR_PARTS_UP_TO else 3
    width = 64 // parts
    jobs = [_Part(_rotated(different, width * i), width, (_FLIPS + 1) * parts - 1) for i in range(parts)]
    # Equal hashes are one hash until here; each is a neighbour of the first of its kind.
    rows = np.arange(len(plain))
    kind = first[member.ravel()]
    keys = keys_of(kind[kind != rows], rows[kind != rows])
    for part in engine.map(_near_in_part, jobs):
        keys = np.union1d(keys, keys_of(first[part >> 32], first[part & _LOW]))
    return keys


def keys_of(one: NDArray[np.int64], other: NDArray[np.int64]) -> Keys:
    """Pairs of rows as single numbers: the lesser row in the upper 32 bits."""
    return np.minimum(one, other) << 32 | np.maximum(one, other)


def _rotated(hashes: NDArray[np.uint64], by: int) -> NDArray[np.uint64]:
    if not by:
        return hashes
    return hashes << np.uint64(by) | hashes >> np.uint64(64 - by)


def _near_in_part(part: _Part) -> Keys:
    key = (part.hashes >> np.uint64(64 - part.bits)).astype(np.int64)
    order = np.argsort(key, kind="stable")
    key, hashes = key[order], part.hashes[order]
    start = np.searchsorted(key, np.arange((1 << part.bits) + 1))
    near = np.zeros(len(hashes), np.int32)
    found = []
    for flipped in _masks(part.bits):
        for one, other in _compared(key, start, flipped, near):
            hit = np.flatnonzero(np.bitwise_count(hashes[one] ^ hashes[other]) <= part.most_bits)
            if len(hit):
                one, other = one[hit], other[hit]
                np.add.at(near, one, 1)
                np.add.at(near, other, 1)
                found.append(keys_of(order[one], order[other]))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _compared(
    key: NDArray[np.int64], start: NDArray[np.int64], flipped: int, near: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to compare: those whose keys differ by ``flipped``, each pair of buckets from one side."""
    partner = key ^ flipped
    asking = np.flatnonzero((near < _ENOUGH) & (partner >= key))
    # In its own bucket a hash is compared with those behind it.
    first = asking + 1 if not flipped else start[partner[asking]]
    count = np.minimum(start[partner[asking] + 1] - first, _COMPARED).astype(np.int16)
    # Most partners first: those that have a t-th one are then a prefix.
    by_count = np.argsort(-count, kind="stable")
    asking, first = asking[by_count], first[by_count]
    prefixes = len(count) - np.cumsum(np.bincount(count, minlength=_COMPARED))[:_COMPARED]
    for t, with_more in enumerate(prefixes.tolist()):
        if not with_more:
            return
        one, other = asking[:with_more], first[:with_more] + t
        still = near[one] < _ENOUGH
        yield (one, other) if still.all() else (one[still], other[still])


def _masks(bits: int) -> Iterator[int]:
    for flips in range(_FLIPS + 1):
        for chosen in combinations(range(bits), flips):
            yield sum(1 << bit for bit in chosen)
