"""The shipped network that enlarges pictures four times; ``scripts/upscaler.py`` trained it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.assets import asset
from packshot.runtime import Graph

FACTOR = 4
# Tiles bound the memory; what lies this far beyond them leaves no seam.
_TILE, _SEEN = 232, 12

Picture = NDArray[np.float32]
Box = tuple[float, float, float, float]


def enlarge(pixels: NDArray[Any]) -> NDArray[Any]:
    """Four times the pixels along each side, with edges sharper than a filter can make them.

    What is flat stays exactly as it is, no pixel leaves the range of its neighbours in the source, so that edges do not
    ring, and the result, shrunk again, is the picture that came in.

    Args:
        pixels: (h, w, 3) or (h, w), uint8 or float32, 0..255; colours may be multiplied by their opacity.

    Returns:
        (4 h, 4 w, 3) or (4 h, 4 w), of the same type.
    """
    if pixels.ndim == 2:
        alike = enlarge(np.repeat(pixels[..., None], 3, -1))
        return alike.mean(-1).astype(pixels.dtype)
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((_SEEN, _SEEN), (_SEEN, _SEEN), (0, 0)), mode="edge")
    out = np.empty((FACTOR * height, FACTOR * width, 3), pixels.dtype)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = padded[top : top + _TILE + 2 * _SEEN, left : left + _TILE + 2 * _SEEN]
            there = out[FACTOR * top :, FACTOR * left :][: FACTOR * _TILE, : FACTOR * _TILE]
            there[:] = tile[0, 0] if (tile == tile[0, 0]).all() else _tile(tile)
    return out


def _tile(pixels: NDArray[Any]) -> NDArray[Any]:
    """As `enlarge`, without the outermost pixels."""
    small = pixels.astype(np.float32)
    height, width = small.shape[:2]
    detail = _graph()(pixels=np.ascontiguousarray(small.transpose(2, 0, 1)[None]))[0][0].transpose(1, 2, 0)
    large = faithful(resampled(small, FACTOR * width, FACTOR * height) + detail, small)
    rim = FACTOR * _SEEN
    inner = held(large, small)[rim:-rim, rim:-rim]
    return np.rint(inner).astype(np.uint8) if pixels.dtype == np.uint8 else inner


def held(large: Picture, small: Picture, box: Box | None = None) -> Picture:
    """An enlarged picture with each pixel held between the darkest and the lightest of its neighbours in the source.

    Args:
        large: (H, W, c) float32.
        small: (h, w, c) float32, what it was made of.
        box: the part of ``small`` that it shows, as Pillow takes it; all of it by default.
    """
    height, width = large.shape[:2]
    padded = np.pad(small, ((1, 1), (1, 1), (0, 0)), mode="edge")
    bounds = []
    for extreme in (np.minimum, np.maximum):
        rows = extreme(extreme(padded[:-2], padded[1:-1]), padded[2:])
        square = extreme(extreme(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
        bounds.append(resampled(square, width, height, Image.Resampling.BILINEAR, box))
    return np.clip(large, *bounds)


def faithful(large: Picture, small: Picture, rounds: int = 1) -> Picture:
    """An enlarged picture corrected until, shrunk again, it is the picture that came in.

    Networks shift colours a little; what a shop sells must keep them. Source: Irani and Peleg 1991, "Improving
    resolution by image registration", the back projection of section 3.

    Args:
        large: (H, W, 3) float32, 0..255.
        small: (h, w, 3) float32, what it was made of.

    Returns:
        (H, W, 3) float32 in 0..255.
    """
    (rows, columns), (height, width) = small.shape[:2], large.shape[:2]
    for _ in range(rounds):
        fault = small - resampled(large, columns, rows, Image.Resampling.BICUBIC)
        large = large + resampled(fault, width, height, Image.Resampling.BICUBIC)
    return np.clip(large, 0, 255)


def resampled(
    pixels: Picture,
    width: int,
    height: int,
    how: Image.Resampling = Image.Resampling.LANCZOS,
    box: Box | None = None,
) -> Picture:
    """As Pillow resizes, in floating point: (h, w, c) to (height, width, c)."""
    planes = [Image.fromarray(plane) for plane in np.ascontiguousarray(pixels.transpose(2, 0, 1))]
    return np.stack([np.asarray(plane.resize((width, height), how, box=box)) for plane in planes], -1)


@cache
def _graph() -> Graph:
    return Graph(asset("upscaler.onnx"))
