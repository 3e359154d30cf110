"""Whether two pictures show the same: small grey looks, laid over each other and compared by their detail.

What photos of similar things do not share is the fine detail: a look less its blur. An affine map that maximises
the correlation (G. Evangelidis and E. Psarakis 2008, "Parametric image alignment using enhanced correlation
coefficient maximization") undoes crops, frames, and slight turns first.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.looks import SIDE

# Thresholds were set on planted duplicates of real catalogs (docs/decisions/catalog-duplicates.md): of the planted
# pairs 99 % lie beyond the first one, of the others almost none.
SAME = 0.92
# Detail with its worst blocks left out, two looks lying still.
_LEAST_UNCOVERED = 0.96
# Detail inside the outlines of two products without their margins, and of all where next to nothing is inside.
_LEAST_WITHIN, _LEAST_OUTLINE = 0.82, 0.95
# Grain inside the outlines of two products that lie in different places on a plain ground.
_LEAST_GRAIN = 0.76
# Correlation of two looks as they are, below which no slight move makes them the same, and that of their detail once
# they are roughly laid over each other, below which no exact move does.
_LEAST_ALIKE, _LEAST_PROMISING = 0.25, 0.45
# Gain in correlation at which the search for a move ends, on halved looks and on whole ones, or the steps after which
# only strangers are still on their way.
_ROUGHLY, _EXACTLY, _MOST_STEPS = 1e-3, 1e-4, 20
# The most a duplicate may be cropped or stretched before it counts as another picture.
_MOST_SHEAR, _LEAST_SCALE, _MOST_SCALE, _LEAST_OVERLAP = 0.1, 0.75, 1.35, 0.6
# Levels within which the ground is plain, and the least inside of an outline to compare.
_PLAIN, _LEAST_INSIDE = 6.0, 0.03
# Standard deviation, in pixels, of the surroundings in which detail is evened out, and the levels that count as none.
_SURROUNDINGS, _NO_DETAIL = 4.0, 2.0
# Blocks a side of a look, and how many of all a mark laid over a picture may cover.
_BLOCKS, _COVERED = 8, 4
# The same for a banner, the agreement beside it, and the share of a picture's detail that must lie there.
_BANNER, _LEAST_BESIDE, _LEAST_SHOWN = 16, 0.98, 0.6

Plane = NDArray[np.float32]


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How well the details of two pictures agree, -1..1; they show the same from ``SAME`` on.

    Args:
        one, other: (2, 64, 64) uint8, from ``looks``.
    """
    a, b = _Look(one[0]), _Look(other[0])
    whole = _agreement_of_wholes(a, b)
    if whole >= SAME:
        return whole
    uncovered = _agreement_under_marks(a, b)
    if uncovered >= SAME:
        return uncovered
    if np.array_equal(one[0], one[1]) and np.array_equal(other[0], other[1]):
        return whole
    return max(whole, _agreement_of_subjects(_Look(one[1]), _Look(other[1])))


class _Look:
    """A (64, 64) uint8 look and what is made of it more than once."""

    def __init__(self, grey: NDArray[np.uint8]) -> None:
        self.grey = grey

    @cached_property
    def smooth(self) -> Plane:
        import cv2

        plane: Plane = cv2.GaussianBlur(self.grey.astype(np.float32), (3, 3), 0)
        return plane

    @cached_property
    def half(self) -> Plane:
        """At half the side."""
        import cv2

        plane: Plane = cv2.resize(self.smooth, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
        return plane

    @cached_property
    def detail(self) -> Plane:
        import cv2

        fine: Plane = self.smooth - cv2.GaussianBlur(self.smooth, (0, 0), 2.0)
        return fine

    @cached_property
    def evened(self) -> Plane:
        """Detail by its strength in the surroundings."""
        import cv2

        strength = np.sqrt(cv2.GaussianBlur(self.detail * self.detail, (0, 0), _SURROUNDINGS))
        return self.detail / (strength + np.float32(_NO_DETAIL))


def _agreement_of_wholes(a: _Look, b: _Look) -> float:
    """Two products alone on a plain ground may share their outline and be different all the same, as bottles are.

    They must lie in the same place, or agree in what is inside the outline.
    """
    plain = _alike(a, b, np.eye(2, 3, dtype=np.float32))
    move = None if plain >= SAME else _move(a, b)
    if move is None:
        return plain
    inside = _inside(a.smooth), _inside(b.smooth)
    if inside[0] is not None and inside[1] is not None and not _at_rest(move):
        shared = inside[0] & (_warp(inside[1].astype(np.float32), move) > 0.99)
        if shared.mean() < _LEAST_INSIDE:
            return plain
        if _correlation(_grain(a.smooth)[shared], _warp(_grain(b.smooth), move)[shared]) < _LEAST_GRAIN:
            return plain
    return max(plain, _alike(a, b, move))


def _agreement_of_subjects(a: _Look, b: _Look) -> float:
    """Without margins, products of one kind fill the look alike: what is inside must agree by itself."""
    move = _move(a, b)
    if move is None:
        return -1.0
    agreed = _alike(a, b, move)
    within = _off_corners(a.smooth) & (_warp(_off_corners(b.smooth).astype(np.float32), move) > 0.99)
    if within.mean() < _LEAST_INSIDE:
        # Thin things, such as glasses, are all outline.
        return agreed if agreed >= _LEAST_OUTLINE else -1.0
    same_inside = _correlation(a.detail[within], _warp(b.detail, move)[within]) >= _LEAST_WITHIN
    return agreed if same_inside else -1.0


def _alike(a: _Look, b: _Look, move: NDArray[np.float32]) -> float:
    """Correlation of detail, half as it is and half evened out, where b was moved to lie over a.

    As it is, detail is nearly all outline; evened out, a faint texture counts as much as a strong edge.
    """
    both = _overlap(move)
    if both is None:
        return -1.0
    # Moved after it was filtered: what lies outside of b is no edge.
    plain = _correlation(a.detail[both], _warp(b.detail, move)[both])
    return 0.5 * (plain + _correlation(a.evened[both], _warp(b.evened, move)[both]))


def _overlap(move: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Where a look lies under another that was moved; None where too little of it does."""
    both = _warp(np.ones((SIDE, SIDE), np.float32), move) > 0.99
    return both if both.mean() >= _LEAST_OVERLAP else None


def _agreement_under_marks(one: _Look, other: _Look) -> float:
    """Detail where no logo, lettering or banner was laid over one of two looks that otherwise lie still."""
    a, b = one.detail, other.detail
    size = SIDE // _BLOCKS
    wrong = ((a - b) ** 2).reshape(_BLOCKS, size, _BLOCKS, size).sum((1, 3))
    shown = _but_the_worst(wrong, _COVERED)
    agreed = _correlation(a[shown], b[shown])
    if agreed >= _LEAST_UNCOVERED:
        return agreed
    shown = _but_the_worst(wrong, _BANNER)
    # What a quarter of a packshot leaves over may be all ground, where everything agrees.
    if max(float((p[shown] ** 2).sum() / ((p**2).sum() + 1e-6)) for p in (a, b)) < _LEAST_SHOWN:
        return -1.0
    beside = _correlation(a[shown], b[shown]) + _correlation(one.evened[shown], other.evened[shown])
    # Duplicates, but not one picture saved twice.
    return SAME if beside / 2 >= _LEAST_BESIDE else -1.0


def _but_the_worst(wrong: Plane, count: int) -> NDArray[np.bool_]:
    """The pixels of a look outside of the ``count`` blocks that differ most."""
    kept = wrong <= np.sort(wrong, axis=None)[-count - 1]
    return np.kron(kept, np.ones((SIDE // _BLOCKS,) * 2, bool))


def _move(a: _Look, b: _Look) -> NDArray[np.float32] | None:
    """The slight affine map that lays b over a; None where there is none.

    Most proposed pairs are strangers. Halved looks tell so in a third of the time, and give the others a start.
    """
    if _correlation(a.smooth, b.smooth) < _LEAST_ALIKE:
        return None
    rough = _aligned(a.half, b.half, np.eye(2, 3, dtype=np.float32), _ROUGHLY, 3)
    if rough is None:
        return None
    # A pixel's middle lies half a pixel from its corner, at either size.
    rough[:, 2] = 2 * rough[:, 2] + 0.5 - rough[:, :2].sum(1) / 2
    both = _overlap(rough)
    if both is None or _correlation(a.detail[both], _warp(b.detail, rough)[both]) < _LEAST_PROMISING:
        return None
    move = _aligned(a.smooth, b.smooth, rough, _EXACTLY, 5)
    return move if move is not None and _slight(move) else None


def _aligned(
    a: Plane, b: Plane, start: NDArray[np.float32], least_gain: float, blur: int
) -> NDArray[np.float32] | None:
    """The affine map that lays b over a best, sought from ``start`` on."""
    import cv2

    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _MOST_STEPS, least_gain)
    try:
        move: NDArray[np.float32] = cv2.findTransformECC(a, b, start, cv2.MOTION_AFFINE, stop, None, blur)[1]
    except cv2.error:
        # The pictures have nothing in common, or one has no structure at all.
        return None
    return move


def _warp(plane: Plane, move: NDArray[np.float32]) -> Plane:
    import cv2

    moved: Plane = cv2.warpAffine(plane, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return moved


def _inside(plane: Plane) -> NDArray[np.bool_] | None:
    """The product without its outline, where it lies on a plain ground; None where it does not."""
    rim = np.concatenate([plane[:2].ravel(), plane[-2:].ravel(), plane[:, :2].ravel(), plane[:, -2:].ravel()])
    ground = float(np.median(rim))
    if np.mean(np.abs(rim - ground) < _PLAIN) < 0.9:
        return None
    return _eroded(np.abs(plane - ground) > 2 * _PLAIN, 11)


def _off_corners(plane: Plane) -> NDArray[np.bool_]:
    """What differs from the ground, which shows in the corners, without its outline."""
    corners = np.stack([plane[:3, :3], plane[:3, -3:], plane[-3:, :3], plane[-3:, -3:]])
    return _eroded(np.abs(plane - np.median(corners)) > 2 * _PLAIN, 5)


def _eroded(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    import cv2

    return cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _at_rest(move: NDArray[np.float32]) -> bool:
    """Whether a map moves no corner by more than one pixel."""
    corners = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1]], np.float32)
    return bool(np.abs(corners @ move.T - corners[:, :2]).max() <= 1.0)


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
