"""Products photographed on white paper: where the paper is, what its light is, and the paper made exactly white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.cutout.cut import by_network
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
# Distance from white, in levels, that is surely product or shadow.
CERTAIN = 16.0
# A shadow is no darker than this, and changes no faster from pixel to pixel; in levels.
_DARKEST, _SLOPE = 150.0, 7.0
# In a small picture it is paler than this in every channel; so is a product that is all but white.
_FAINT = 64.0
# The part of the product's height below which its shadow lies.
_GROUND = 0.6
WORK_SIDE = 512
# Pictures up to this side are drawn, or thumbnails: their edges are one pixel wide.
SMALL = 192


@dataclass(frozen=True)
class Paper:
    """A picture's white paper.

    Attributes:
        mask: (h, w) float32, 1 where the product is.
        weights: (6, 3), the parabola of the paper's own colour over x and y in -1..1.
        bounds: (2, 3), the darkest and the lightest that was seen of it.
    """

    mask: Plane
    weights: NDArray[np.float32]
    bounds: NDArray[np.float32]

    def light(self) -> NDArray[np.float32]:
        """The paper's own colour at every pixel, under the product too; (3, h, w) float32, 1..255."""
        height, width = self.mask.shape
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        # One channel after the other: numpy is several times slower over a last axis of three.
        fitted = np.empty((3, height, width), np.float32)
        for channel, (one, wx, wy, wxx, wxy, wyy) in enumerate(self.weights.T):
            # Horner's scheme keeps it to three passes over the picture.
            plane = (one + wy * y + wyy * y * y) + x * ((wx + wxy * y) + wxx * x)
            np.clip(plane, *self.bounds[:, channel], out=fitted[channel], dtype=np.float32)
        return fitted

    def depth(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How far every pixel is below the paper, (3, h, w) float32, 0..255 of the paper's own light."""
        planes = self.light()
        np.divide(255, planes, out=planes)
        for channel, plane in enumerate(planes):
            np.multiply(rgb[..., channel], plane, out=plane)
            np.clip(np.subtract(255, plane, out=plane), 0, 255, out=plane)
        return planes


def find(rgb: NDArray[np.uint8]) -> Paper | None:
    """The paper of a picture, or None if its background is anything else.

    Everything that a flood from the paper at the border cannot reach is product, but for specks of dust.

    Args:
        rgb: (h, w, 3) uint8.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < 16:
        return None
    small_height, small_width = fit_size(height, width, WORK_SIDE)
    pixels = _small(rgb, small_width, small_height)
    rim = frame((small_height, small_width), max(1, max(small_height, small_width) // 100))
    edge = pixels[:, rim]
    bright = edge[:, edge.min(0) >= _WHITISH]
    if bright.shape[1] < _SHARE * edge.shape[1]:
        return None
    colour = np.median(bright, axis=1)
    distance = _apart(pixels, colour)
    spread = distance[rim]
    noise = float(np.quantile(spread[spread <= 20], 0.75)) if (spread <= 20).any() else 20.0
    tolerance = float(np.clip(3 * noise + 2, *_TOLERANCE))
    corners = distance[:: small_height - 1, :: small_width - 1] <= tolerance
    if (spread <= tolerance).mean() < _SHARE or corners.sum() < 3:
        return None
    # The ringing that JPEG leaves around a product swings about the paper's white: its mean is white.
    calm = _apart(np.stack([box_mean(plane, 1) for plane in pixels]), colour)
    product = _enclosed(calm > tolerance)
    # The mean reaches one pixel beyond the product.
    product &= erode(product) | (distance > 2 * tolerance)
    product = _without_specks(product)
    if not 0.002 < product.mean() < 0.97:
        return None
    soft = box_mean(product.astype(np.float32), 1)
    mask = resize_plane(soft, width, height)
    return _fitted(rgb, mask)


def without_shadow(rgb: NDArray[np.uint8], paper: Paper) -> Paper:
    """The paper with the product's shadow counted to it.

    A shadow on white paper is grey, changes slowly, lies low, and runs out into the paper; the product begins where
    the picture changes fast or takes on colour. Where the product is grey or pale itself, the network of the cut-out
    room has to know. Where neither does, or a third of the product would go, nothing is changed.
    """
    height, width = paper.mask.shape
    small_height, small_width = fit_size(height, width, WORK_SIDE)
    depth = np.stack([resize_plane(plane, small_width, small_height) for plane in paper.depth(rgb)])
    grey = depth.mean(0)
    coloured = np.abs(depth - grey).max(0) > 8
    product = resize_plane(paper.mask, small_width, small_height) > 0.5
    slope = np.maximum(np.abs(np.gradient(grey, axis=0)), np.abs(np.gradient(grey, axis=1)))
    # In a small picture everything changes fast from pixel to pixel, and what models smear under a product has colour.
    small = max(paper.mask.shape) <= SMALL
    deepest = depth.max(0)
    shade = deepest < _FAINT if small else ~coloured & (slope < _SLOPE) & (grey < _DARKEST)
    rows = np.flatnonzero(product.any(1))
    ground = int(rows[0]) + round(_GROUND * len(rows))
    above = product[:ground]
    # A pale or grey product looks like its own shadow, and would be eaten with it.
    pale = ((grey[:ground] < _FAINT) & above).sum() > 0.5 * above.sum() and not small
    if pale or (shade[:ground] & above).sum() > 0.4 * above.sum():
        cut = None if small else by_network(rgb)
        if cut is None or not cut.good:
            return paper
        # The network knows the shapes of things, but not to the pixel.
        shadow = product & ~dilate(resize_plane(cut.mask, small_width, small_height) > 0.5, 2)
    else:
        if small and above.any():
            # What is smeared under a pale product is paler still.
            shade &= deepest < np.median(deepest[:ground][above]) / 2
        # A thread of grey between two edges is no way for a shadow to have gone.
        wide = erode(shade | ~product)
        shadow = dilate(reach(frame(wide.shape), wide)) & product & shade
    # It lies on the ground: a pale side of the product higher up may look just like one.
    shadow[:ground] = False
    rest = _without_specks(product & ~shadow)
    if rest.sum() < 0.67 * product.sum():
        return paper
    return Paper(resize_plane(box_mean(rest.astype(np.float32), 1), width, height), paper.weights, paper.bounds)


def background(mask: Plane, margin: int = 8) -> Mask:
    """(h, w) True where there is surely no product, away from its soft edge.

    Args:
        mask: of `Paper`.
        margin: further pixels to keep away; JPEG smears edges over blocks of 8.
    """
    clear: Mask = soften(mask > 0.01, margin + max(mask.shape) // 40) == 0
    return clear


def cleared(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A finished picture on white paper with what is faint and away from its product made exactly white.

    Faint pixels beside a product are taken for its edge; enlarged, they are as large as stains.
    """
    height, width = rgb.shape[:2]
    small_height, small_width = fit_size(height, width, WORK_SIDE)
    # The paper is looked for at this size anyway, and where its middle begins is no matter of a pixel.
    small = Image.fromarray(rgb).resize((small_width, small_height), Image.Resampling.BILINEAR)
    paper = find(np.asarray(small))
    if paper is None:
        return rgb
    away = Image.fromarray(background(paper.mask, 1)).resize((width, height), Image.Resampling.NEAREST)
    out = rgb.copy()
    whitened(out, np.asarray(away) & (darkest(rgb) > 255 - CERTAIN))
    return out


def darkest(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The darkest channel of (h, w, 3) uint8; numpy's own minimum over so short an axis takes ten times as long."""
    return np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


def whitened(rgb: NDArray[np.uint8], where: Mask) -> None:
    """Make pixels of (h, w, 3) uint8 white, in place."""
    # All channels at once take ten times as long.
    for channel in range(3):
        rgb[..., channel][where] = 255


def soften(mask: Plane | Mask, radius: int) -> Plane:
    """Mean over the window of (2 radius + 1)² pixels of a mask in 0..1, to 1/255: quick, for large pictures."""
    image = Image.fromarray(np.rint(np.asarray(mask, np.float32) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32) / np.float32(255)


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


def _fitted(rgb: NDArray[np.uint8], mask: Plane) -> Paper | None:
    """The paper around a product, or None if too little of it is seen.

    Its light falls off smoothly, so a parabola in x and y through the pixels far from the product fits it.
    """
    height, width = mask.shape
    step = max(1, round((height * width / 40_000) ** 0.5))
    # Sampled before it is widened: far is far on any grid.
    seen = mask[::step, ::step]
    free = box_mean(seen, 1 + max(seen.shape) // 60) < 0.01
    x, y = np.meshgrid(np.linspace(-1, 1, width)[::step], np.linspace(-1, 1, height)[::step])
    xs, ys = x[free].astype(np.float32), y[free].astype(np.float32)
    samples = rgb[::step, ::step][free].astype(np.float32)
    if len(samples) < 60 or np.median(samples, axis=0).min() < _WHITISH:
        return None
    # Shadows lie below the paper, and would drag the fit down.
    level = samples.min(-1)
    lit = level >= np.median(level) - 12
    weights, *_ = np.linalg.lstsq(_terms(xs[lit], ys[lit]), samples[lit], rcond=None)
    bounds = np.stack([np.maximum(samples[lit].min(0), 1), samples[lit].max(0)])
    return Paper(mask, weights.astype(np.float32), bounds)


def _terms(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def _small(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """(3, height, width) float32, 0..255."""
    if rgb.shape[1] > 2 * width:
        # So many pixels go into one that whole levels do, at a third of the time.
        image = Image.fromarray(np.ascontiguousarray(rgb)).resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(image, np.uint8).transpose(2, 0, 1).astype(np.float32, order="C")
    return np.stack([resize_plane(rgb[..., channel].astype(np.float32), width, height) for channel in range(3)])


def _apart(pixels: NDArray[np.float32], colour: NDArray[np.float32]) -> Plane:
    """Distance of every pixel of (3, h, w) from a colour, in the channel where it is largest."""
    apart: Plane = np.abs(pixels - colour[:, None, None]).max(0)
    return apart
