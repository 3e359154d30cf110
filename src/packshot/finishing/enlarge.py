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

Plane = NDArray[np.float32]
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
            there[:] = tile[0, 0]
            # Paper all round a product is most of many pictures, and stays what it is.
            detailed = (tile != tile[0, 0]).any(-1)
            rows, columns = _reached(detailed.any(1)), _reached(detailed.any(0))
            if rows and columns:
                seen = tile[rows[0] : rows[1] + 2 * _SEEN, columns[0] : columns[1] + 2 * _SEEN]
                part = slice(*(FACTOR * n for n in rows)), slice(*(FACTOR * n for n in columns))
                there[part] = _tile(seen)
    return out


def _reached(detailed: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The first of a tile's lines that detail reaches, and that after the last; None if there is no detail.

    Args:
        detailed: the lines that have some, with `_SEEN` more on both sides than the tile.
    """
    where = np.flatnonzero(detailed)
    if not len(where):
        return None
    return max(0, int(where[0]) - 2 * _SEEN), min(len(detailed) - 2 * _SEEN, int(where[-1]) + 1)


def _tile(pixels: NDArray[Any]) -> NDArray[Any]:
    """As `enlarge`, without the outermost pixels."""
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
    height, width = planes.shape[1:]
    detail = _graph()(pixels=planes[None])[0][0]
    rim = FACTOR * _SEEN
    out = np.empty((FACTOR * height - 2 * rim, FACTOR * width - 2 * rim, 3), pixels.dtype)
    for channel, small in enumerate(planes):
        large = faithful(resampled(small, FACTOR * width, FACTOR * height) + detail[channel], small)
        inner = held(large, small)[rim:-rim, rim:-rim]
        out[..., channel] = np.rint(inner) if pixels.dtype == np.uint8 else inner
    return out


def held(large: Plane, small: Plane, box: Box | None = None) -> Plane:
    """An enlarged plane with each pixel held between the darkest and the lightest of its neighbours in the source.

    Args:
        large: (H, W) float32.
        small: (h, w) float32, what it was made of.
        box: the part of ``small`` that it shows, as Pillow takes it; all of it by default.
    """
    height, width = large.shape
    low, high = (resampled(bound, width, height, Image.Resampling.BILINEAR, box) for bound in neighbours(small))
    return np.clip(large, low, high)


def neighbours(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The darkest and the lightest of every pixel and its eight neighbours, each as (h, w) or (h, w, c) came in."""
    padded = np.pad(pixels, [(1, 1), (1, 1), (0, 0)][: pixels.ndim], mode="edge")
    bounds = []
    for extreme in (np.minimum, np.maximum):
        rows = extreme(extreme(padded[:-2], padded[1:-1]), padded[2:])
        bounds.append(extreme(extreme(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))
    return bounds[0], bounds[1]


def faithful(large: Plane, small: Plane, rounds: int = 1) -> Plane:
    """An enlarged plane corrected until, shrunk again, it is the one that came in.

    Networks shift colours a little; what a shop sells must keep them. Source: Irani and Peleg 1991, "Improving
    resolution by image registration", the back projection of section 3.

    Args:
        large: (H, W) float32, 0..255.
        small: (h, w) float32, what it was made of.

    Returns:
        (H, W) float32 in 0..255.
    """
    (rows, columns), (height, width) = small.shape, large.shape
    for _ in range(rounds):
        fault = small - resampled(large, columns, rows, Image.Resampling.BICUBIC)
        large = large + resampled(fault, width, height, Image.Resampling.BICUBIC)
    return np.clip(large, 0, 255)


def resampled(
    plane: Plane,
    width: int,
    height: int,
    how: Image.Resampling = Image.Resampling.LANCZOS,
    box: Box | None = None,
) -> Plane:
    """As Pillow resizes, in floating point: (h, w) to (height, width)."""
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((width, height), how, box=box))


@cache
def _graph() -> Graph:
    return Graph(asset("upscaler.onnx"))
