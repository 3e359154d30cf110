"""Near duplicates: the same photo recompressed, resized, slightly cropped, or shifted in brightness or colour.

Candidates come cheaply, from the nearest perceptual hashes and the nearest lite0 features. Each pair is then laid
over each other by an affine map that maximises their correlation (G. Evangelidis and E. Psarakis 2008, "Parametric
image alignment using enhanced correlation coefficient maximization") and compared by what photos of similar things
do not share: the fine detail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.engines import Engine, LocalEngine

# Side of the small grey copies that are compared, pixels.
SIDE = 64
# Thresholds were set on planted duplicates of four real catalogs (docs/decisions/catalog-duplicates.md): of the
# planted pairs 99.8 % lie beyond the last one, of the others almost none.
_MOST_BITS = 14
_LEAST_COSINE = 0.75
_LEAST_DETAIL = 0.86
_NEIGHBOURS = 12
# Correlation of two pictures as they are, below which no slight move makes them the same.
_LEAST_ALIKE = 0.25
# The most a duplicate may be cropped or stretched before it counts as another picture.
_MOST_SHEAR, _LEAST_SCALE, _MOST_SCALE, _LEAST_OVERLAP = 0.1, 0.75, 1.35, 0.6
# Levels within which the ground is plain, the least inside of an outline to compare, and what its noise is allowed.
_PLAIN, _LEAST_INSIDE, _INSIDE_ALLOWANCE = 6.0, 0.03, 0.1
# From this many pictures on, features are searched through an inverted file instead of all against all.
_FLAT_UP_TO = 20_000
_PAIRS_AT_ONCE = 256

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Two near duplicates, by row, and how well their details agree (-1..1)."""

    first: int
    second: int
    agreement: float


@dataclass(frozen=True)
class _Proposed:
    """Pairs of rows with their (n, 64, 64) uint8 pictures, to be compared wherever an engine takes them."""

    rows: Sequence[tuple[int, int]]
    one: NDArray[np.uint8]
    other: NDArray[np.uint8]


def small_grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The (64, 64) uint8 copy of (h, w, 3) pixels by which pictures are compared."""
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small: NDArray[np.uint8] = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small


def near_duplicates(
    small: NDArray[np.uint8], features: NDArray[np.float16], hashes: NDArray[np.uint8], engine: Engine | None = None
) -> list[Pair]:
    """All near duplicates among n pictures.

    Args:
        small: (n, 64, 64) uint8, from ``small_grey``; may be a memory map.
        features: (n, 1280) float16, lite0's; may be a memory map.
        hashes: (n, 8) uint8, perceptual hashes.
        engine: what compares the proposed pairs; None is a thread a core. It does not change the result.
    """
    if len(small) < 2:
        return []
    found = sorted({*_near_hashes(hashes), *_near_features(features)})
    chunks = (found[i : i + _PAIRS_AT_ONCE] for i in range(0, len(found), _PAIRS_AT_ONCE))
    proposed = (_Proposed(c, small[[i for i, _ in c]], small[[j for _, j in c]]) for c in chunks)
    verified = (engine or LocalEngine(None, "threads")).map(_verify, proposed)
    return [pair for chunk in verified for pair in chunk]


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How well the details of two (64, 64) uint8 pictures agree once they are aligned: correlation, -1..1.

    Two products alone on a plain ground may share their outline and be different all the same, as bottles are. They
    must lie in the same place, or agree in what is inside the outline.
    """
    import cv2

    a, b = _smooth(one), _smooth(other)
    fine_a, fine_b = _detail(a), _detail(b)
    plain = _correlation(fine_a, fine_b)
    if _correlation(a, b) < _LEAST_ALIKE:
        return plain
    move = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, move = cv2.findTransformECC(a, b, move, cv2.MOTION_AFFINE, stop, None, 5)
    except cv2.error:
        # No map was found: the pictures have nothing in common, or one has no structure at all.
        return plain
    if not _slight(move):
        return plain
    both = _warp(np.ones_like(b), move) > 0.99
    if both.mean() < _LEAST_OVERLAP:
        return plain
    moved = _warp(fine_b, move)
    aligned = _correlation(fine_a[both], moved[both])
    inside = _inside(a), _inside(b)
    if inside[0] is not None and inside[1] is not None and not _at_rest(move):
        shared = both & inside[0] & (_warp(inside[1].astype(np.float32), move) > 0.99)
        if shared.mean() < _LEAST_INSIDE:
            return plain
        # Less of the picture is compared, and the strong edge is missing: noise weighs more.
        grain_a, grain_b = _grain(a), _warp(_grain(b), move)
        aligned = min(aligned, _correlation(grain_a[shared], grain_b[shared]) + _INSIDE_ALLOWANCE)
    return max(plain, aligned)


def _verify(chunk: _Proposed) -> list[Pair]:
    judged = (Pair(*rows, agreement(*looks)) for *looks, rows in zip(chunk.one, chunk.other, chunk.rows, strict=True))
    return [pair for pair in judged if pair.agreement >= _LEAST_DETAIL]


def _warp(plane: Plane, move: NDArray[np.float32]) -> Plane:
    import cv2

    moved: Plane = cv2.warpAffine(plane, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return moved


def _inside(plane: Plane) -> NDArray[np.bool_] | None:
    """The product without its outline, where it lies on a plain ground; None where it does not."""
    import cv2

    rim = np.concatenate([plane[:2].ravel(), plane[-2:].ravel(), plane[:, :2].ravel(), plane[:, -2:].ravel()])
    ground = float(np.median(rim))
    if np.mean(np.abs(rim - ground) < _PLAIN) < 0.9:
        return None
    product = (np.abs(plane - ground) > 2 * _PLAIN).astype(np.uint8)
    return cv2.erode(product, np.ones((11, 11), np.uint8)) > 0


def _at_rest(move: NDArray[np.float32]) -> bool:
    """Whether a map moves no corner by more than one pixel."""
    corners = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1]], np.float32)
    return bool(np.abs(corners @ move.T - corners[:, :2]).max() <= 1.0)


def _smooth(grey: NDArray[np.uint8]) -> Plane:
    import cv2

    plane: Plane = cv2.GaussianBlur(grey.astype(np.float32), (3, 3), 0)
    return plane


def _detail(plane: Plane) -> Plane:
    import cv2

    fine: Plane = plane - cv2.GaussianBlur(plane, (0, 0), 2.0)
    return fine


def _grain(plane: Plane) -> Plane:
    """Detail whose filter is too narrow to carry an outline into what it encloses."""
    import cv2

    fine: Plane = plane - cv2.GaussianBlur(plane, (5, 5), 1.0)
    return fine


def _slight(move: NDArray[np.float32]) -> bool:
    (a, b), (c, d) = move[:, :2]
    scaled = all(_LEAST_SCALE < s < _MOST_SCALE for s in (a, d))
    return bool(scaled and abs(b) < _MOST_SHEAR and abs(c) < _MOST_SHEAR)


def _correlation(one: Plane, other: Plane) -> float:
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / scale if scale > 1e-6 else 0.0


def _near_hashes(hashes: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    import faiss

    index = faiss.IndexBinaryFlat(64)
    index.add(np.ascontiguousarray(hashes))
    for start in range(0, len(hashes), 4096):
        block = np.ascontiguousarray(hashes[start : start + 4096])
        distance, found = index.search(block, min(_NEIGHBOURS, len(hashes)))
        yield from _pairs(start, found, distance <= _MOST_BITS)


def _near_features(features: NDArray[np.float16]) -> Iterator[tuple[int, int]]:
    index: Any = None
    count, dim = features.shape
    for start in range(0, count, 4096):
        block = _unit(features[start : start + 4096])
        if index is None:
            index = _index(count, dim, features)
        index.add(block)
    for start in range(0, count, 4096):
        cosine, found = index.search(_unit(features[start : start + 4096]), min(_NEIGHBOURS, count))
        yield from _pairs(start, found, cosine >= _LEAST_COSINE)


def _index(count: int, dim: int, features: NDArray[np.float16]) -> Any:
    import faiss

    if count <= _FLAT_UP_TO:
        return faiss.IndexFlatIP(dim)
    lists = int(4 * np.sqrt(count))
    index: Any = faiss.index_factory(dim, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    step = max(1, count // (40 * lists))
    index.train(_unit(features[::step]))
    index.nprobe = 16
    return index


def _pairs(start: int, found: NDArray[np.int64], near: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    for row, column in zip(*np.nonzero(near), strict=True):
        one, other = start + int(row), int(found[row, column])
        if other >= 0 and one != other:
            yield min(one, other), max(one, other)


def _unit(features: NDArray[np.float16]) -> NDArray[np.float32]:
    wide = np.ascontiguousarray(features, np.float32)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
