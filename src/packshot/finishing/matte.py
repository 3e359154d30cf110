"""A product lifted off its white paper: its colour and opacity, to be laid on white again or on anything else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.cutout.cut import network_mask
from packshot.cutout.place import decontaminate
from packshot.cutout.raster import (
    Mask,
    Plane,
    box_mean,
    components,
    dilate,
    erode,
    fit_size,
    frame,
    reach,
    resize_plane,
)
from packshot.finishing.paper import CERTAIN, SMALL, WORK_SIDE, Paper, soften

# Distance from white, in levels, that is background noise.
_NOISE = 3.0
# Distance of a product's colour from the paper's, in levels, at which an edge between them begins to be told by its
# colour, and is told by it alone.
_TONE = (30.0, 90.0)
# An outline is lost where nothing within three pixels is further from the paper than this, in levels; a product of
# which more than this share is lost cannot be cut out cleanly.
_LOST, _MOST_LOST = 20.0, 0.1
# An opening is as white as its paper, within so many levels, and no smaller than this share of the picture.
_FLAT, _LEAST_OPENING = 5.0, 0.0006


def whiten(rgb: NDArray[np.uint8], paper: Paper, *, shadow: bool = True) -> tuple[NDArray[np.float32], Plane]:
    """Colour and opacity of a product that already lies on white paper.

    Every pixel's distance from the paper's own white is kept inside the product, faded where it is faint outside
    of it, and dropped far from it. So edges stay as the camera drew them, and paper becomes nothing at all.

    Args:
        shadow: keep what lies faintly around the product; False keeps its edge alone.

    Returns:
        (h, w, 3) float32, the colour times the opacity, and (h, w) float32, the opacity; laid on white they are the
        picture.
    """
    depth = paper.depth(rgb)
    strongest = depth.max(0)
    radius = 1 + max(paper.mask.shape) // (120 if shadow else 600)
    near = np.clip(soften(paper.mask > 0.02, radius) * 2, 0, 1)
    inside = np.clip(soften(paper.mask, 1) * 2 - 1, 0, 1)
    keep = np.maximum(inside, _ramp(strongest) * near).astype(np.float32)
    # The least opaque layer that can look like this on white, but solid inside, where white is the product's.
    opacity = np.maximum(strongest * keep / 255, inside).astype(np.float32)
    light = np.empty((*opacity.shape, 3), np.float32)
    full = 255 * opacity
    for channel, plane in enumerate(depth):
        np.subtract(full, plane * keep, out=light[..., channel])
    return light, opacity


def separate(
    rgb: NDArray[np.uint8], paper: Paper, core: Paper, *, shadow: bool = True
) -> tuple[NDArray[np.float32], Plane]:
    """Colour and opacity of a product on white paper, for laying it on anything: its shadow becomes black glass.

    Args:
        core: of `without_shadow`.
        shadow: keep the shadow.

    Returns:
        As `whiten`.
    """
    shaded = shadow and core is not paper
    core = with_openings(rgb, core)
    opacity: Plane = np.clip(core.mask, 0, 1).astype(np.float32)
    if max(opacity.shape) > SMALL:
        light, opacity = _matted(rgb, decontaminate(rgb, opacity), opacity, core)
    else:
        light, opacity = _unmixed(rgb, core)
    if shaded:
        # The faintest of the channels: what is darker in one alone is a colour cast of the product.
        dark = paper.depth(rgb).min(0)
        near = np.clip(soften(paper.mask > 0.02, 1 + max(opacity.shape) // 120) * 2, 0, 1)
        dark = (box_mean(dark * near, 1) / 255).astype(np.float32)
        # Within the outline the product itself would be taken for a shadow of itself.
        dark[core.mask > 0.02] = 0
        dark = _filled(dark, core.mask > 0.02)
        opacity = (opacity + dark * (1 - opacity)).astype(np.float32)
    return light, opacity


def with_openings(rgb: NDArray[np.uint8], core: Paper) -> Paper:
    """The paper with what is seen of it through openings of the product, as inside a handle, counted to it.

    A white print looks the same; so both must say that there is an opening: the picture, which shows nothing but paper
    there, and the network of the cut-out room, which knows the shapes of things.

    Args:
        core: of `without_shadow`.
    """
    height, width = core.mask.shape
    small_height, small_width = fit_size(height, width, WORK_SIDE)
    product = resize_plane(core.mask, small_width, small_height) > 0.5
    flat = erode(product) & (_deepest(rgb, core, small_width, small_height) <= _FLAT)
    labels, areas = components(erode(flat))
    count = int((areas >= _LEAST_OPENING * product.size).sum())
    if not count:
        return core
    belief = resize_plane(network_mask(rgb)[1], small_width, small_height)
    through = np.array([False, *(belief[labels == n].mean() < 0.5 for n in range(1, count + 1))])
    if not through.any():
        return core
    rest = product & ~(dilate(np.append(through, np.zeros(len(areas) - count, np.bool_))[labels]) & flat)
    return Paper(resize_plane(box_mean(rest.astype(np.float32), 1), width, height), core.weights, core.bounds)


def fades(rgb: NDArray[np.uint8], core: Paper) -> bool:
    """True if a product fades into its paper, as a white bath on a shiny floor does: cut out, it has a ragged edge.

    Args:
        core: of `without_shadow`.
    """
    height, width = core.mask.shape
    small_height, small_width = fit_size(height, width, WORK_SIDE)
    deepest = _deepest(rgb, core, small_width, small_height)
    product = resize_plane(core.mask, small_width, small_height) > 0.5
    # Where the picture ends there is no outline to be seen.
    outline = product & ~erode(product) & ~frame(product.shape)
    seen = Image.fromarray(np.where(product, deepest, 0).astype(np.float32)).filter(ImageFilter.MaxFilter(7))
    return bool(outline.any() and (np.asarray(seen)[outline] < _LOST).mean() > _MOST_LOST)


def _matted(
    rgb: NDArray[np.uint8], colour: NDArray[np.float32], opacity: Plane, paper: Paper
) -> tuple[NDArray[np.float32], Plane]:
    """As `separate` without a shadow: at an edge the opacity is how far a pixel has gone from paper to product.

    The mask was drawn at `WORK_SIDE`, in steps that show. Both colours are known at the edge: the paper's, and the
    product's continued over it. Where the two are alike, the mask has to do.

    Args:
        colour: (h, w, 3) float32, the product's, going on beyond its edge.
        opacity: (h, w) float32 in 0..1, the mask.
    """
    white = np.ascontiguousarray(paper.light().transpose(1, 2, 0))
    depth = white - colour
    span = (depth * depth).sum(-1)
    share = np.clip(((white - rgb) * depth).sum(-1) / np.maximum(span, 1), 0, 1)
    trust = np.clip((np.sqrt(span) - _TONE[0]) / (_TONE[1] - _TONE[0]), 0, 1)
    edge = (soften(opacity, 2 + max(opacity.shape) // WORK_SIDE) < 1) & (opacity > 0)
    trust = np.where(edge, trust, 0).astype(np.float32)
    exact = (trust * share + (1 - trust) * opacity).astype(np.float32)
    cover, part = exact[..., None], trust[..., None]
    # What is left of a pixel without its paper is the product's own detail.
    own = np.clip(rgb - (1 - cover) * white, 0, 255 * cover)
    return (part * own + (1 - part) * colour * cover).astype(np.float32), exact


def _unmixed(rgb: NDArray[np.uint8], paper: Paper) -> tuple[NDArray[np.float32], Plane]:
    """As `separate` without a shadow, for a picture so small that its outermost pixel alone is mixed with paper.

    That pixel is as opaque as it is deep beside the deepest of its neighbours.
    """
    depth = paper.depth(rgb)
    strongest = depth.max(0)
    deepest = np.asarray(Image.fromarray(strongest).filter(ImageFilter.MaxFilter(3)), np.float32)
    share = _ramp(strongest) * strongest / np.maximum(deepest, CERTAIN)
    # Between a sleeve and its body the paper's way in is a pixel wide, and counts as closed.
    open_ = reach(paper.mask <= 0.5, (strongest < CERTAIN) | (paper.mask <= 0.5))
    solid = erode((paper.mask > 0.5) & ~open_)
    opacity = np.where(solid, 1, share * (paper.mask > 0.02)).astype(np.float32)
    return np.maximum(255 * opacity[..., None] - depth.transpose(1, 2, 0), 0).astype(np.float32), opacity


def _ramp(depth: Plane) -> Plane:
    """0 for what is background noise, 1 for what surely is none."""
    ramp = np.clip((depth - _NOISE) / (CERTAIN - _NOISE), 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)


def _filled(plane: Plane, hole: Mask) -> Plane:
    """A plane continued a few pixels into a hole, so that a shadow goes on under the edge of what casts it."""
    known = ~hole
    for _ in range(4):
        weight = box_mean(known.astype(np.float32), 1)
        mean = box_mean(np.where(known, plane, 0).astype(np.float32), 1)
        ring = ~known & (weight > 0)
        plane = np.where(ring, mean / np.maximum(weight, 1e-6), plane).astype(np.float32)
        known = known | ring
    return plane


def _deepest(rgb: NDArray[np.uint8], paper: Paper, width: int, height: int) -> Plane:
    """How far (height, width) pixels are below the paper, in the channel where it is most."""
    deepest: Plane = np.stack([resize_plane(plane, width, height) for plane in paper.depth(rgb)]).max(0)
    return deepest
