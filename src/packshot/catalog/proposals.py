"""Which of n pictures may be near duplicates: those with near hashes or near features.

Both searches give (m,) int64 keys of pairs (see ``keys_of``), sorted and each pair once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.multi_index import Keys, keys_of, near_by_parts
from packshot.engines import Engine, LocalEngine

NEIGHBOURS = 12
MOST_BITS = 14
_LEAST_COSINE = 0.7
# From this many pictures on, nothing is compared with everything any more.
FLAT_UP_TO = 20_000
_BLOCK = 4096


def near_hashes(hashes: NDArray[np.uint8], engine: Engine | None = None) -> Keys:
    """Pairs of near hashes: the 12 nearest of each within 14 bits; of more than 20,000 hashes within 11.

    Args:
        hashes: (n, 8) uint8.
        engine: what searches a large number; None is a thread a core. It does not change the result.
    """
    if len(hashes) > FLAT_UP_TO:
        return near_by_parts(hashes, engine or LocalEngine(None, "threads"))
    import faiss

    index = faiss.IndexBinaryFlat(64)
    index.add(np.ascontiguousarray(hashes))
    found = []
    for start, block in _blocks(hashes):
        distance, neighbours = index.search(block, min(NEIGHBOURS, len(hashes)))
        found.append(_keys(start, neighbours, distance <= MOST_BITS))
    return np.unique(np.concatenate(found))


def near_features(features: NDArray[np.float16]) -> Keys:
    """Pairs of near features: the 12 nearest of each with a cosine of at least 0.7.

    Args:
        features: (n, d) float16; may be a memory map.
    """
    index: Any = _index(features)
    for _, block in _blocks(features):
        index.add(_unit(block))
    found = []
    for start, block in _blocks(features):
        cosine, neighbours = index.search(_unit(block), min(NEIGHBOURS, len(features)))
        found.append(_keys(start, neighbours, cosine >= _LEAST_COSINE))
    return np.unique(np.concatenate(found))


def _blocks(rows: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    for start in range(0, len(rows), _BLOCK):
        yield start, np.ascontiguousarray(rows[start : start + _BLOCK])


def _keys(start: int, neighbours: NDArray[np.int64], near: NDArray[np.bool_]) -> Keys:
    row, column = np.nonzero(near)
    one, other = row + start, neighbours[row, column]
    # -1 stands for a neighbour that was not found.
    real = (one != other) & (other >= 0)
    return keys_of(one[real], other[real])


def _index(features: NDArray[np.float16]) -> Any:
    import faiss

    count, dim = features.shape
    if count <= FLAT_UP_TO:
        return faiss.IndexFlatIP(dim)
    lists = int(4 * np.sqrt(count))
    index: Any = faiss.index_factory(dim, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    step = max(1, count // (40 * lists))
    index.train(_unit(features[::step]))
    index.nprobe = 16
    return index


def _unit(features: NDArray[np.float16]) -> NDArray[np.float32]:
    wide = np.ascontiguousarray(features, np.float32)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
