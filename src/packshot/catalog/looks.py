"""Whether two pictures show the same: small grey looks, laid over each other and compared by their detail.

What photos of similar things do not share is the fine detail: a look less its blur. An affine map that maximises
the correlation (G. Evangelidis and E. Psarakis 2008, "Parametric image alignment using enhanced correlation
coefficient maximization") undoes crops, frames, and slight turns first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.images.resize import small_copy

# Side of a look, pixels.
SIDE = 64
# Thresholds were set on planted duplicates of real catalogs (docs/decisions/catalog-duplicates.md): of the planted
# pairs 99 % lie beyond the first one, of the others almost none.
SAME = 0.92
# Detail with its worst blocks left out, two looks lying still.
_LEAST_UNCOVERED = 0.96
# Detail inside the outlines of two products without their margins, and of all where next to nothing is inside.
_LEAST_WITHIN, _LEAST_OUTLINE = 0.82, 0.95
# Grain inside the outlines of two products that lie in different places on a plain ground.
_LEAST_GRAIN = 0.76
# Correlation of two looks as they are, below which no slight move makes them the same.
_LEAST_ALIKE = 0.25
# The most a duplicate may be cropped or stretched before it counts as another picture.
_MOST_SHEAR, _LEAST_SCALE, _MOST_SCALE, _LEAST_OVERLAP = 0.1, 0.75, 1.35, 0.6
# Levels within which the ground is plain, and the least inside of an outline to compare.
_PLAIN, _LEAST_INSIDE = 6.0, 0.03
# Standard deviation, in pixels, of the surroundings in which detail is evened out, and the levels that count as none.
_SURROUNDINGS, _NO_DETAIL = 4.0, 2.0
# Margins are sought on a copy of this longest side; a line belongs to one when so much of it is within some levels.
_MARGIN_SIDE, _MARGIN_SAME, _MARGIN_SHARE = 256, 14, 0.98
# Blocks a side of a look, and how many of all a mark laid over a picture may cover.
_BLOCKS, _COVERED = 8, 4
# The same for a banner, the agreement beside it, and the share of a picture's detail that must lie there.
_BANNER, _LEAST_BESIDE, _LEAST_SHOWN = 16, 0.98, 0.6

Plane = NDArray[np.float32]


def looks(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The (2, 64, 64) uint8 looks of (h, w, 3) pixels: the whole picture, and what is left without plain margins."""
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    left, top, right, bottom = _without_margins(rgb)
    whole = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if (left, top, right, bottom) == (0, 0, *grey.shape[::-1]):
        return np.stack([whole, whole])
    return np.stack([whole, cv2.resize(grey[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)])


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How well the details of two pictures agree, -1..1; they show the same from ``SAME`` on.

    Args:
        one, other: (2, 64, 64) uint8, from ``looks``.
    """
    whole = _agreement_of_wholes(one[0], other[0])
    if whole >= SAME:
        return whole
    uncovered = _agreement_under_marks(one[0], other[0])
    if uncovered >= SAME:
        return uncovered
    if np.array_equal(one[0], one[1]) and np.array_equal(other[0], other[1]):
        return whole
    return max(whole, _agreement_of_subjects(one[1], other[1]))


def _agreement_of_wholes(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Two products alone on a plain ground may share their outline and be different all the same, as bottles are.

    They must lie in the same place, or agree in what is inside the outline.
    """
    a, b = _smooth(one), _smooth(other)
    plain = _alike(a, b, np.eye(2, 3, dtype=np.float32))
    move = None if plain >= SAME else _move(a, b)
    if move is None:
        return plain
    inside = _inside(a), _inside(b)
    if inside[0] is not None and inside[1] is not None and not _at_rest(move):
        shared = inside[0] & (_warp(inside[1].astype(np.float32), move) > 0.99)
        if shared.mean() < _LEAST_INSIDE:
            return plain
        if _correlation(_grain(a)[shared], _warp(_grain(b), move)[shared]) < _LEAST_GRAIN:
            return plain
    return max(plain, _alike(a, b, move))


def _agreement_of_subjects(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Without margins, products of one kind fill the look alike: what is inside must agree by itself."""
    a, b = _smooth(one), _smooth(other)
    move = _move(a, b)
    if move is None:
        return -1.0
    agreed = _alike(a, b, move)
    within = _off_corners(a) & (_warp(_off_corners(b).astype(np.float32), move) > 0.99)
    if within.mean() < _LEAST_INSIDE:
        # Thin things, such as glasses, are all outline.
        return agreed if agreed >= _LEAST_OUTLINE else -1.0
    same_inside = _correlation(_detail(a)[within], _warp(_detail(b), move)[within]) >= _LEAST_WITHIN
    return agreed if same_inside else -1.0


def _alike(a: Plane, b: Plane, move: NDArray[np.float32]) -> float:
    """Correlation of detail, half as it is and half evened out, where b was moved to lie over a.

    As it is, detail is nearly all outline; evened out, a faint texture counts as much as a strong edge.
    """
    both = _warp(np.ones_like(b), move) > 0.99
    if both.mean() < _LEAST_OVERLAP:
        return -1.0
    # Moved after it was filtered: what lies outside of b is no edge.
    fine_a, fine_b = _detail(a), _detail(b)
    plain = _correlation(fine_a[both], _warp(fine_b, move)[both])
    return 0.5 * (plain + _correlation(_evened(fine_a)[both], _warp(_evened(fine_b), move)[both]))


def _agreement_under_marks(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Detail where no logo, lettering or banner was laid over one of two looks that otherwise lie still."""
    a, b = _detail(_smooth(one)), _detail(_smooth(other))
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
    beside = _correlation(a[shown], b[shown]) + _correlation(_evened(a)[shown], _evened(b)[shown])
    # Duplicates, but not one picture saved twice.
    return SAME if beside / 2 >= _LEAST_BESIDE else -1.0


def _but_the_worst(wrong: Plane, count: int) -> NDArray[np.bool_]:
    """The pixels of a look outside of the ``count`` blocks that differ most."""
    kept = wrong <= np.sort(wrong, axis=None)[-count - 1]
    return np.kron(kept, np.ones((SIDE // _BLOCKS,) * 2, bool))


def _without_margins(rgb: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what lies inside the plain lines along the four sides."""
    height, width = rgb.shape[:2]
    small = small_copy(rgb, _MARGIN_SIDE) if max(height, width) > _MARGIN_SIDE else rgb
    left, top, right, bottom = 0, 0, small.shape[1], small.shape[0]
    # A frame around a product on a plain ground is a margin around a margin, with a blend of both between them.
    for _ in range(3):
        before = left, top, right, bottom
        for side in range(4):
            # Each side in turn is on top.
            part = np.rot90(small[top:bottom, left:right], side)
            margin = _margin(part)
            if margin == len(part):
                return 0, 0, width, height
            top, right, bottom, left = (
                top + margin * (side == 0),
                right - margin * (side == 1),
                bottom - margin * (side == 2),
                left + margin * (side == 3),
            )
        if (left, top, right, bottom) == before:
            break
    across, down = width / small.shape[1], height / small.shape[0]
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


def _margin(rgb: NDArray[np.uint8]) -> int:
    """How many lines, from the top on, are of the first line's colour."""
    import cv2

    ground = np.median(rgb[0], axis=0)
    low, high = np.clip(ground - _MARGIN_SAME, 0, 255), np.clip(ground + _MARGIN_SAME, 0, 255)
    # Most pictures have no margin, which their first lines show.
    for rows in (4, len(rgb)):
        same = cv2.inRange(np.ascontiguousarray(rgb[:rows]), low, high)
        plain = cv2.reduce(same, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() >= 255 * _MARGIN_SHARE
        if not plain.all():
            return int(plain.argmin())
    return len(rgb)


def _move(a: Plane, b: Plane) -> NDArray[np.float32] | None:
    """The slight affine map that lays b over a; None where there is none."""
    import cv2

    if _correlation(a, b) < _LEAST_ALIKE:
        return None
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, move = cv2.findTransformECC(a, b, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, None, 5)
    except cv2.error:
        # The pictures have nothing in common, or one has no structure at all.
        return None
    return move if _slight(move) else None


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


def _smooth(grey: NDArray[np.uint8]) -> Plane:
    import cv2

    plane: Plane = cv2.GaussianBlur(grey.astype(np.float32), (3, 3), 0)
    return plane


def _detail(plane: Plane) -> Plane:
    import cv2

    fine: Plane = plane - cv2.GaussianBlur(plane, (0, 0), 2.0)
    return fine


def _evened(fine: Plane) -> Plane:
    import cv2

    strength = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), _SURROUNDINGS))
    return fine / (strength + np.float32(_NO_DETAIL))


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
