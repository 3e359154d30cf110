"""The product lifted from its background, centred, and filled to the market's share of the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.cutout import cut_out
from packshot.cutout.place import decontaminate
from packshot.cutout.plain import from_alpha
from packshot.cutout.raster import Mask, Plane, box_mean
from packshot.finishing import matte, paper
from packshot.finishing.enlarge import FACTOR, Box, enlarge, held, neighbours, resampled
from packshot.images.decode import Picture
from packshot.images.resize import resize

# Enlarged further than this, a filter's rings around an edge are wide enough to be seen; each pixel is then held
# between the darkest and the lightest of its neighbours in the source.
_RINGS = 2.0
# Enlarged further than this, a filter's edges are soft: the network is worth its time.
_SOFT = 3.0
_SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Subject:
    """A product without its background.

    Attributes:
        light: (h, w, 3) float32, 0..255: the product's colour times its opacity.
        opacity: (h, w) float32 in 0..1.
        box: left, top, right, bottom in pixels, right and bottom exclusive.
        touches: the sides of the picture that the product runs into, where it may be cut off.
        cut: the one side at which it surely is: the opposite side has room to spare, so the picture is not just
            cropped tightly. Empty if there is none.
        method: how it was found.
        fades: it cannot be told from its white paper all along its outline, and looks cut out on anything else.
    """

    light: NDArray[np.float32]
    opacity: Plane
    box: tuple[int, int, int, int]
    touches: frozenset[str]
    cut: str
    method: str
    fades: bool = False


def lift(picture: Picture, *, onto_white: bool, shadow: bool = True) -> Subject | str:
    """Find the product of a picture.

    Args:
        picture: what was decoded.
        onto_white: True if it will be laid on white: then the pixels around a product on white paper are kept
            with their own soft edges, and only what is paper becomes exactly white.
        shadow: keep the shadow on white paper.

    Returns:
        The product, or one line that says why it cannot be told from its background.
    """
    if picture.alpha is not None and from_alpha(picture.alpha) is None:
        # Transparency that isolates nothing: rounded corners, or a palette's 254 of 255.
        picture = replace(picture, rgb=picture.on_white(), alpha=None)
    sheet = paper.find(picture.rgb) if picture.alpha is None else None
    if sheet is not None:
        core = sheet if onto_white and shadow else paper.without_shadow(picture.rgb, sheet)
        if onto_white:
            light, opacity = matte.whiten(picture.rgb, core, shadow=shadow)
            return _subject(light, opacity, core.mask, "paper")
        light, opacity = matte.separate(picture.rgb, sheet, core, shadow=shadow)
        return _subject(light, opacity, sheet.mask, "paper", fades=matte.fades(picture.rgb, core))
    cut = cut_out(picture.rgb, picture.alpha)
    if not cut.good:
        return cut.reason or "no clean cut-out"
    opacity = np.clip(cut.mask, 0, 1).astype(np.float32)
    # Whoever made a picture transparent chose the colours of its edge; in a photo they hold the old background.
    colour = picture.rgb if cut.method == "alpha" else decontaminate(picture.rgb, opacity)
    light = colour * opacity[..., None]
    return _subject(light, opacity, cut.mask, cut.method)


def place(
    subject: Subject,
    width: int,
    height: int,
    fill: float,
    background: tuple[float, float, float] = (255, 255, 255),
) -> tuple[NDArray[np.uint8], float]:
    """Lay a product on a plain background.

    A side at which the picture cut the product off stays at the frame's edge, so that it does not float.

    Args:
        width, height: of the frame, pixels.
        fill: the product's box as a share of the frame, along the side that it fills most.
        background: colour, 0..255.

    Returns:
        (height, width, 3) uint8, and the scale from the picture's pixels to the frame's.
    """
    if min(background) < 255:
        layers, scale = arrange(subject, width, height, fill)
        return laid(layers, background), scale
    # On white, laying down and resampling may change places: one picture to resample instead of four planes.
    x, y, scale = _window(subject, width, height, fill)
    white = subject.light + 255 * (1 - subject.opacity[..., None])
    picture = np.clip(np.rint(white), 0, 255).astype(np.uint8)
    out = _resample(picture, x, y, width, height, scale, 255)
    # The filter rings around edges; beyond its first lobe, as far as the bilinear filter sees, there is nothing.
    near = np.where(subject.opacity > 1 / 512, np.uint8(255), np.uint8(0))
    paper.whitened(out, _resample(near, x, y, width, height, scale, 0, Image.Resampling.BILINEAR) == 0)
    return paper.cleared(out) if scale > _RINGS else out, scale


def arrange(subject: Subject, width: int, height: int, fill: float) -> tuple[NDArray[np.float32], float]:
    """As `place`, without a background.

    Returns:
        (height, width, 4) float32: the product's colour times its opacity, 0..255, and its opacity, 0..1; and
        the scale.
    """
    x, y, scale = _window(subject, width, height, fill)
    layers = np.empty((height, width, 4), np.float32)
    layers[..., 3] = np.clip(_resample(255 * subject.opacity, x, y, width, height, scale, 0) / 255, 0, 1)
    if scale > _SOFT:
        # Colour and opacity apart: what the network makes of an edge in both is not the same.
        layers[..., :3] = _resample(_continued(subject), x, y, width, height, scale, 0) * layers[..., 3:]
    else:
        layers[..., :3] = _resample(subject.light, x, y, width, height, scale, 0)
    # Resampling filters ring; what is less than half a level is nothing.
    layers[layers[..., 3] < 1 / 512] = 0
    layers[..., :3] = np.clip(layers[..., :3], 0, 255 * layers[..., 3:])
    return layers, scale


def _continued(subject: Subject) -> NDArray[np.float32]:
    """The product's colour, (h, w, 3) float32, going on beyond its edge for a few pixels."""
    opacity = subject.opacity[..., None]
    around = box_mean(subject.light, 3) / np.maximum(box_mean(opacity, 3), 1e-3)
    colour = np.where(opacity > 0.5, subject.light / np.maximum(opacity, 0.5), around)
    return np.clip(colour, 0, 255).astype(np.float32)


def laid(layers: NDArray[np.float32], background: Any) -> NDArray[np.uint8]:
    """Layers of `arrange` on a background.

    Args:
        background: a colour, or a picture of the same size, 0..255.

    Returns:
        (h, w, 3) uint8.
    """
    blended = layers[..., :3] + np.asarray(background, np.float32) * (1 - layers[..., 3:])
    return np.clip(np.rint(blended), 0, 255).astype(np.uint8)


def straight(layers: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Layers of `arrange` as pixels with transparency, (h, w, 4) uint8, the colour not multiplied by the opacity."""
    opacity = layers[..., 3:]
    colour = np.where(opacity > 0, layers[..., :3] / np.maximum(opacity, 1e-6), 0)
    return np.clip(np.rint(np.concatenate([colour, 255 * opacity], -1)), 0, 255).astype(np.uint8)


def whole(picture: Picture, width: int, height: int) -> tuple[NDArray[np.uint8], float]:
    """All of a picture in a frame, on the colour of its own border, for when its product cannot be told.

    Returns:
        (height, width, 3) uint8 and the scale.
    """
    small, scale = fitted(picture, width, height)
    edges = (small[:, 0], small[:, -1]) if small.shape[1] < width else (small[0], small[-1])
    out = np.empty((height, width, 3), np.uint8)
    out[:] = np.median(np.concatenate(edges), axis=0).astype(np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out, scale


def fitted(picture: Picture, width: int, height: int) -> tuple[NDArray[np.uint8], float]:
    """All of a picture on white, as large as a frame allows, (h, w, 3) uint8, and the scale."""
    rgb = picture.on_white()
    rows, columns = rgb.shape[:2]
    scale = min(width / columns, height / rows)
    if scale > _SOFT:
        rgb = enlarge(rgb)
    return resize(rgb, max(1, round(columns * scale)), max(1, round(rows * scale))), scale


def _window(subject: Subject, width: int, height: int, fill: float) -> tuple[float, float, float]:
    """Where the frame begins in the picture's pixels, and the scale from them to the frame's."""
    left, top, right, bottom = subject.box
    scale = fill * min(width / (right - left), height / (bottom - top))
    x = _offset(left, right, width, scale, subject.cut == "left", subject.cut == "right")
    y = _offset(top, bottom, height, scale, subject.cut == "top", subject.cut == "bottom")
    return x, y, scale


def _offset(low: int, high: int, frame: int, scale: float, cut_low: bool, cut_high: bool) -> float:
    """Where the frame begins, in the picture's pixels."""
    if cut_low:
        return float(low)
    if cut_high:
        return high - frame / scale
    return (low + high) / 2 - frame / scale / 2


def _resample(
    pixels: NDArray[Any], x: float, y: float, width: int, height: int, scale: float, beyond: int,
    how: Image.Resampling = Image.Resampling.LANCZOS,
) -> NDArray[Any]:  # fmt: skip
    """The part of a picture or plane that a frame shows, resampled with antialiasing; ``beyond`` outside of it.

    What has to grow further than a filter can do well is enlarged by the network first.
    """
    # Whole pixels around the window, of which `box` then takes an exact fraction.
    reach = 4
    x0, y0 = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    x1, y1 = int(np.ceil(x + width / scale)) + reach, int(np.ceil(y + height / scale)) + reach
    rows, columns = pixels.shape[:2]
    part = np.full((y1 - y0, x1 - x0, *pixels.shape[2:]), beyond, pixels.dtype)
    top, left, bottom, right = max(0, y0), max(0, x0), min(rows, y1), min(columns, x1)
    if bottom > top and right > left:
        part[top - y0 : bottom - y0, left - x0 : right - x0] = pixels[top:bottom, left:right]
    x, y = x - x0, y - y0
    if scale > _SOFT and how == Image.Resampling.LANCZOS:
        # Once: twice it would make patterns of a model's faintest traces.
        part, x, y, scale = enlarge(part), FACTOR * x, FACTOR * y, scale / FACTOR
    box = (x, y, x + width / scale, y + height / scale)
    between = scale > _RINGS and how == Image.Resampling.LANCZOS
    if pixels.dtype == np.uint8:
        return _resampled_bytes(part, width, height, how, box, between=between)
    out = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    # One channel after the other: less memory at a time, and faster for it.
    for source, target in zip(_planes(part), _planes(out), strict=True):
        plane = resampled(source, width, height, how, box)
        target[:] = held(plane, source, box) if between else plane
    return out


def _resampled_bytes(
    part: NDArray[np.uint8], width: int, height: int, how: Image.Resampling, box: Box, *, between: bool
) -> NDArray[np.uint8]:
    """As `resampled` and, if ``between``, `held`, in whole levels: a quarter of the memory to go through."""
    out = np.array(Image.fromarray(part).resize((width, height), how, box=box))
    if between:
        for bound, tighter in zip(neighbours(part), (np.maximum, np.minimum), strict=True):
            limit = Image.fromarray(bound).resize((width, height), Image.Resampling.BILINEAR, box=box)
            tighter(out, np.asarray(limit), out=out)
    return out


def _planes(pixels: NDArray[Any]) -> NDArray[Any]:
    """(c, h, w), a view of (h, w, c); or of the one plane (h, w)."""
    return np.moveaxis(pixels.reshape(*pixels.shape[:2], -1), -1, 0)


def _subject(
    light: NDArray[np.float32], opacity: Plane, mask: Plane, method: str, *, fades: bool = False
) -> Subject | str:
    seen = mask > 0.5
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return "no product in the picture"
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    touches = _touched_sides(seen, box)
    height, width = seen.shape
    room = (width - box[2], height - box[3], box[0], box[1])
    enough = (0.05 * width, 0.05 * height) * 2
    opposite = {side: r > e for side, r, e in zip(_SIDES, room, enough, strict=True)}
    cut = [side for side in touches if opposite[side]] if len(touches) == 1 else []
    return Subject(light, opacity, box, touches, cut[0] if cut else "", method, fades)


def _touched_sides(seen: Mask, box: tuple[int, int, int, int]) -> frozenset[str]:
    """Sides of the picture that the product runs into, rather than just meets."""
    lines = (seen[:, 0], seen[0], seen[:, -1], seen[-1])
    spans = (box[3] - box[1], box[2] - box[0]) * 2
    return frozenset(side for side, line, span in zip(_SIDES, lines, spans, strict=True) if line.sum() > 0.15 * span)
