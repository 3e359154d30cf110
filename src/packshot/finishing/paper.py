"""Products photographed on white paper: where the paper is, what its light is, and the paper made exactly white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.cutout.cut import by_network, network_mask
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
# In a small picture it is paler than this in every channel; so is a product that is all but white.
_FAINT = 64.0
# The part of the product's height below which its shadow lies.
_GROUND = 0.6
_WORK_SIDE = 512
# Distance of a product's colour from the paper's, in levels, at which an edge between them begins to be told by its
# colour, and is told by it alone.
_TONE = (30.0, 90.0)
# An outline is lost where nothing within three pixels is further from the paper than this, in levels; a product of
# which more than this share is lost cannot be cut out cleanly.
_LOST, _MOST_LOST = 20.0, 0.1
# An opening is as white as its paper, within so many levels, and no smaller than this share of the picture.
_FLAT, _LEAST_OPENING = 5.0, 0.0006
# Pictures up to this side are drawn, or thumbnails: their edges are one pixel wide.
_SMALL = 192


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
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
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
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    depth = np.stack([resize_plane(plane, small_width, small_height) for plane in paper.depth(rgb)])
    grey = depth.mean(0)
    coloured = np.abs(depth - grey).max(0) > 8
    product = resize_plane(paper.mask, small_width, small_height) > 0.5
    slope = np.maximum(np.abs(np.gradient(grey, axis=0)), np.abs(np.gradient(grey, axis=1)))
    # In a small picture everything changes fast from pixel to pixel, and what models smear under a product has colour.
    small = max(paper.mask.shape) <= _SMALL
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


def opened(rgb: NDArray[np.uint8], core: Paper) -> Paper:
    """The paper with what is seen of it through openings of the product, as inside a handle, counted to it.

    A white print looks the same; so both must say that there is an opening: the picture, which shows nothing but paper
    there, and the network of the cut-out room, which knows the shapes of things.

    Args:
        core: of `without_shadow`.
    """
    height, width = core.mask.shape
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
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
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    deepest = _deepest(rgb, core, small_width, small_height)
    product = resize_plane(core.mask, small_width, small_height) > 0.5
    # Where the picture ends there is no outline to be seen.
    outline = product & ~erode(product) & ~frame(product.shape)
    seen = Image.fromarray(np.where(product, deepest, 0).astype(np.float32)).filter(ImageFilter.MaxFilter(7))
    return bool(outline.any() and (np.asarray(seen)[outline] < _LOST).mean() > _MOST_LOST)


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
    core = opened(rgb, core)
    opacity: Plane = np.clip(core.mask, 0, 1).astype(np.float32)
    if max(opacity.shape) > _SMALL:
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
    small_height, small_width = fit_size(height, width, _WORK_SIDE)
    # The paper is looked for at this size anyway, and where its middle begins is no matter of a pixel.
    small = Image.fromarray(rgb).resize((small_width, small_height), Image.Resampling.BILINEAR)
    paper = find(np.asarray(small))
    if paper is None:
        return rgb
    away = Image.fromarray(background(paper.mask, 1)).resize((width, height), Image.Resampling.NEAREST)
    out = rgb.copy()
    whitened(out, np.asarray(away) & (darkest(rgb) > 255 - _CERTAIN))
    return out


def darkest(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The darkest channel of (h, w, 3) uint8; numpy's own minimum over so short an axis takes ten times as long."""
    return np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


def whitened(rgb: NDArray[np.uint8], where: Mask) -> None:
    """Make pixels of (h, w, 3) uint8 white, in place."""
    # All channels at once take ten times as long.
    for channel in range(3):
        rgb[..., channel][where] = 255


def _matted(
    rgb: NDArray[np.uint8], colour: NDArray[np.float32], opacity: Plane, paper: Paper
) -> tuple[NDArray[np.float32], Plane]:
    """As `separate` without a shadow: at an edge the opacity is how far a pixel has gone from paper to product.

    The mask was drawn at `_WORK_SIDE`, in steps that show. Both colours are known at the edge: the paper's, and the
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
    edge = (soften(opacity, 2 + max(opacity.shape) // _WORK_SIDE) < 1) & (opacity > 0)
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
    share = _ramp(strongest) * strongest / np.maximum(deepest, _CERTAIN)
    # Between a sleeve and its body the paper's way in is a pixel wide, and counts as closed.
    open_ = reach(paper.mask <= 0.5, (strongest < _CERTAIN) | (paper.mask <= 0.5))
    solid = erode((paper.mask > 0.5) & ~open_)
    opacity = np.where(solid, 1, share * (paper.mask > 0.02)).astype(np.float32)
    return np.maximum(255 * opacity[..., None] - depth.transpose(1, 2, 0), 0).astype(np.float32), opacity


def _ramp(depth: Plane) -> Plane:
    """0 for what is background noise, 1 for what surely is none."""
    ramp = np.clip((depth - _NOISE) / (_CERTAIN - _NOISE), 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)


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


def _deepest(rgb: NDArray[np.uint8], paper: Paper, width: int, height: int) -> Plane:
    """How far (height, width) pixels are below the paper, in the channel where it is most."""
    deepest: Plane = np.stack([resize_plane(plane, width, height) for plane in paper.depth(rgb)]).max(0)
    return deepest


def _apart(pixels: NDArray[np.float32], colour: NDArray[np.float32]) -> Plane:
    """Distance of every pixel of (3, h, w) from a colour, in the channel where it is largest."""
    apart: Plane = np.abs(pixels - colour[:, None, None]).max(0)
    return apart


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
