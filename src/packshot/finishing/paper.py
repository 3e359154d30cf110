"""Products photographed on white paper: where the paper is, what its light is, and the paper made exactly white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

# Paper is at least this light in every channel, whatever the light on it.
_WHITISH = 215.0
# Share of the picture's border that must be paper: a product may touch the frame, a room is no paper.
_SHARE = 0.55
# JPEG noise and a soft vignette stay within this many levels.
_TOLERANCE = (6.5, 14.0)
# Distance from white, in levels, that is background noise, and that is surely product or shadow.
_NOISE, _CERTAIN = 3.0, 16.0
# A shadow is no darker than this, and changes no faster from pixel to pixel; in levels.
_DARKEST, _SLOPE = 150.0, 7.0
_WORK_SIDE = 640


@dataclass(frozen=True)
class Paper:
    """A picture's white paper.

    Attributes:
        mask: (h, w) float32, 1 where the product is.
        light: (h, w, 3) float32, 1..255: the paper's own colour, under the product too.
    """

    mask: Plane
    light: NDArray[np.float32]


def find(rgb: NDArray[np.uint8]) -> Paper | None:
    """The paper of a picture, or None if its background is anything else.

    Everything that a flood from the paper at the border cannot reach is product, but for specks of dust.

    Args:
        rgb: (h, w, 3) uint8.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < 16:
        return None
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    pixels = np.stack([resize_plane(rgb[..., c].astype(np.float32), small_width, small_height) for c in range(3)], -1)
    rim = frame(pixels.shape, max(1, max(pixels.shape[:2]) // 100))
    edge = pixels[rim]
    bright = edge[edge.min(-1) >= _WHITISH]
    if len(bright) < _SHARE * len(edge):
        return None
    distance = np.abs(pixels - np.median(bright, axis=0)).max(-1)
    spread = distance[rim]
    noise = float(np.quantile(spread[spread <= 20], 0.75)) if (spread <= 20).any() else 20.0
    tolerance = float(np.clip(3 * noise + 2, *_TOLERANCE))
    corners = distance[:: small_height - 1, :: small_width - 1] <= tolerance
    if (spread <= tolerance).mean() < _SHARE or corners.sum() < 3:
        return None
    # The ringing that JPEG leaves around a product swings about the paper's white: its mean is white.
    calm = np.abs(box_mean(pixels, 1) - np.median(bright, axis=0)).max(-1)
    product = _enclosed(calm > tolerance)
    # The mean reaches one pixel beyond the product.
    product &= erode(product) | (distance > 2 * tolerance)
    product = _without_specks(product)
    if not 0.002 < product.mean() < 0.97:
        return None
    soft = box_mean(product.astype(np.float32), 1)
    mask = resize_plane(soft, width, height)
    light = _light(rgb, mask)
    return None if light is None else Paper(mask, light)


def without_shadow(rgb: NDArray[np.uint8], paper: Paper) -> Paper:
    """The paper with the product's shadow counted to it.

    A shadow on white paper is grey, changes slowly, and runs out into the paper; the product begins where the
    picture changes fast or takes on colour. Where that would take away a third of the product, nothing is changed.
    """
    height, width = paper.mask.shape
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    depth = 255 - np.clip(rgb * (255 / paper.light), 0, 255)
    depth = np.stack([resize_plane(depth[..., c].astype(np.float32), small_width, small_height) for c in range(3)], -1)
    grey = depth.mean(-1)
    coloured = np.abs(depth - grey[..., None]).max(-1) > 8
    product = resize_plane(paper.mask, small_width, small_height) > 0.5
    slope = np.maximum(np.abs(np.gradient(grey, axis=0)), np.abs(np.gradient(grey, axis=1)))
    shade = ~coloured & (slope < _SLOPE) & (grey < _DARKEST)
    # A thread of grey between two edges is no way for a shadow to have gone.
    wide = erode(shade | ~product)
    shadow = dilate(reach(frame(wide.shape), wide)) & product & shade
    rest = _without_specks(product & ~shadow)
    if rest.sum() < 0.67 * product.sum():
        return paper
    return Paper(resize_plane(box_mean(rest.astype(np.float32), 1), width, height), paper.light)


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
    depth = np.clip(255 - rgb * (255 / paper.light), 0, 255).astype(np.float32)
    ramp = np.clip((depth.max(-1) - _NOISE) / (_CERTAIN - _NOISE), 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    radius = 1 + max(paper.mask.shape) // (120 if shadow else 600)
    near = np.clip(box_mean((paper.mask > 0.02).astype(np.float32), radius) * 2, 0, 1)
    inside = np.clip(box_mean(paper.mask, 1) * 2 - 1, 0, 1)
    keep = np.maximum(inside, ramp * near).astype(np.float32)
    depth *= keep[..., None]
    # The least opaque layer that can look like this on white, but solid inside, where white is the product's.
    opacity = np.maximum(depth.max(-1) / 255, inside).astype(np.float32)
    return 255 * opacity[..., None] - depth, opacity


def _enclosed(different: Mask) -> Mask:
    """What a flood from the border cannot reach when gaps of up to two pixels in the outline are closed."""
    closed = dilate(different)
    outside = reach(frame(closed.shape), ~closed)
    return ~dilate(outside) | different


def _without_specks(product: Mask) -> Mask:
    """Without dust and JPEG ringing; a pair of shoes has two large parts."""
    labels, areas = components(product)
    keep = np.concatenate([[False], areas >= max(6.0, 0.01 * areas.max(initial=0))])
    return keep[labels]


def _light(rgb: NDArray[np.uint8], mask: Plane) -> NDArray[np.float32] | None:
    """The paper's colour at every pixel, (h, w, 3) float32, or None if too little of it is seen.

    Its light falls off smoothly, so a parabola in x and y through the pixels far from the product fits it.
    """
    height, width = mask.shape
    step = max(1, round((height * width / 40_000) ** 0.5))
    free = box_mean(mask, 2 + max(height, width) // 100)[::step, ::step] < 0.01
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    ys, xs = y[::step, ::step][free], x[::step, ::step][free]
    samples = rgb[::step, ::step][free].astype(np.float32)
    if len(samples) < 60 or np.median(samples, axis=0).min() < _WHITISH:
        return None
    # Shadows lie below the paper, and would drag the fit down.
    level = samples.min(-1)
    lit = level >= np.median(level) - 12
    weights, *_ = np.linalg.lstsq(_terms(xs[lit], ys[lit]), samples[lit], rcond=None)
    fitted = np.tensordot(_terms(x, y), weights.astype(np.float32), axes=1)
    low, high = samples[lit].min(0), samples[lit].max(0)
    light: NDArray[np.float32] = np.clip(fitted, np.maximum(low, 1), high).astype(np.float32)
    return light


def _terms(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
