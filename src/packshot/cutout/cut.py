"""From a picture to the mask of its product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.cutout import gate, grabcut, network, plain
from packshot.cutout.measures import overlap
from packshot.cutout.raster import Plane, components, dilate, fill_holes, fit_size, guided, reach, resize_plane
from packshot.cutout.result import CutOut
from packshot.cutout.slits import open_slits
from packshot.images.resize import resize

_GRABCUT_SIDE = 160
# Edges are drawn at this size; larger pictures take them scaled up.
_FINISH_SIDE = 480
_SMALLEST = 16


def cut_out(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> CutOut:
    """The mask of the one product in a picture.

    The cheapest way that fits is taken: the picture's own transparency, a flood from the border of a plain
    background, else the shipped network. The same pixels give the same mask.

    Args:
        rgb: (h, w, 3) uint8.
        alpha: (h, w) uint8, the picture's transparency, if it has one.

    Returns:
        A mask of the picture's size. Look at ``good`` before using it; a picture in which nothing can be
        told from its background comes back with an empty mask and a reason.

    Raises:
        PackshotError: the shipped graph is missing and so is OpenCV, which would take its place.
    """
    found = on_plain(rgb, alpha)
    if found is not None:
        return found
    height, width = rgb.shape[:2]
    if min(height, width) < _SMALLEST:
        nothing = np.zeros((height, width), np.float32)
        return CutOut(nothing, "network", 0.0, "the picture is too small to tell a product from its floor")
    if network.available():
        return by_network(rgb)
    return by_grabcut(rgb)


def on_plain(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> CutOut | None:
    """The mask as far as the picture's transparency or its plain background gives it away, else None."""
    mask = plain.from_alpha(alpha)
    if mask is not None:
        return gate.judge_plain(mask, "alpha")
    mask = plain.from_plain_background(rgb)
    return None if mask is None else gate.judge_plain(mask, "white")


def by_network(rgb: NDArray[np.uint8]) -> CutOut:
    """The network's belief, redrawn along the picture's edges and judged; no OpenCV needed."""
    views, mask = network_mask(rgb)
    return gate.judge_network(rgb, views, mask)


def network_mask(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], Plane]:
    """The network's two beliefs, (2, s, s) in 0..1, and the mask made of them, (h, w) in 0..1."""
    views = network.believe(rgb)
    return views, finish(rgb, open_slits(rgb, views.mean(0)))


def by_grabcut(rgb: NDArray[np.uint8]) -> CutOut:
    """What GrabCut finds from three starting rectangles."""
    height, width = fit_size(rgb.shape[0], rgb.shape[1], _GRABCUT_SIDE)
    small = resize(rgb, width, height)
    tries = [grabcut.from_rectangle(small, margin) for margin in grabcut.MARGINS]
    belief = np.mean([t.astype(np.float32) for t in tries], axis=0)
    return gate.judge_grabcut(finish(rgb, belief), overlap(tries))


def finish(rgb: NDArray[np.uint8], belief: Plane) -> Plane:
    """A belief of any size redrawn along the edges of (h, w, 3) uint8: (h, w) in 0..1."""
    height, width = rgb.shape[:2]
    work_height, work_width = fit_size(height, width, _FINISH_SIDE)
    guide = resize(rgb, work_width, work_height).astype(np.float32) / np.float32(255)
    large = resize_plane(belief, work_width, work_height)
    sharp = guided(guide, large, radius=max(2, max(work_height, work_width) // 40), epsilon=1e-4)
    sharp = np.clip((sharp - 0.35) / 0.3, 0, 1).astype(np.float32)
    return resize_plane(_tidy(sharp), width, height)


def _tidy(mask: Plane) -> Plane:
    """The mask without specks, pinholes and haze, which no product has."""
    solid = mask > 0.5
    labels, areas = components(solid)
    kept = np.concatenate([[False], areas >= 0.01 * areas.max(initial=0)])[labels]
    labels, areas = components(fill_holes(kept) & ~solid)
    pinholes = np.concatenate([[False], areas < 0.0005 * mask.size])[labels]
    near = reach(kept, mask > 0.02) & dilate(kept, 3)
    return np.where(pinholes, 1, np.where(near, mask, 0)).astype(np.float32)
