"""Colour spaces and the naming of colours.

The names are the eleven basic colour terms of Berlin and Kay (1969) plus beige, which fashion cannot do without.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "black", "white", "grey", "red", "orange", "yellow",
    "green", "blue", "purple", "pink", "brown", "beige",
)  # fmt: skip
_BLACK, _WHITE, _GREY = 0, 1, 2

# sRGB to XYZ, IEC 61966-2-1, D65; rows sum to the white point below.
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE_POINT = _RGB_TO_XYZ.sum(axis=1)
_STEPS = 32


def to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIELAB (D65) of sRGB pixels: L* in 0..100, a* and b* about -110..110.

    Args:
        rgb: (..., 3) uint8.

    Returns:
        (..., 3) float32. Source of the formulas: CIE 15:2004, section 8.2.1.
    """
    c = rgb.astype(np.float64) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _RGB_TO_XYZ.T / _WHITE_POINT
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    return lab.astype(np.float32)


def name_pixels(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The index into ``NAMES`` of every pixel, (...,) uint8 for (..., 3) uint8."""
    # 32 levels a channel are finer than the borders between names are certain.
    q = rgb >> 3
    return _table()[q[..., 0], q[..., 1], q[..., 2]]


def main_colors(
    rgb: NDArray[np.uint8], weight: NDArray[np.float32] | None = None, *, least: float = 0.15
) -> list[tuple[str, float]]:
    """The main colours of a product, strongest first.

    Black, white and grey pixels are one material seen in light and shadow, so they are counted together and named
    once, by their upper lightness: the folds of a white shirt are grey, but the shirt is white.

    Args:
        rgb: (h, w, 3) uint8.
        weight: (h, w) float32 in 0..1, how much each pixel belongs to the product; None counts all alike.
        least: share of the product below which a colour is left out (the strongest is always kept).

    Returns:
        (name, share) pairs; empty when nothing has any weight.
    """
    weights = np.ones(rgb.shape[:2], np.float32) if weight is None else weight
    flat, w = rgb.reshape(-1, 3), weights.reshape(-1).astype(np.float64)
    chosen = w > 0.05
    flat, w = flat[chosen], w[chosen]
    if not len(w):
        return []
    names = name_pixels(flat)
    votes = np.bincount(names, weights=w, minlength=len(NAMES))
    neutral = votes[: _GREY + 1].sum()
    if neutral > 0:
        grey = names <= _GREY
        level = _weighted_quantile(to_lab(flat[grey])[:, 0], w[grey], 0.7)
        votes[: _GREY + 1] = 0
        votes[_WHITE if level > 78 else _BLACK if level < 32 else _GREY] = neutral
    share = votes / votes.sum()
    order = [int(i) for i in np.argsort(-share, kind="stable")]
    return [(NAMES[i], float(share[i])) for n, i in enumerate(order) if n == 0 or share[i] >= least]


def _weighted_quantile(values: NDArray[np.float32], weight: NDArray[np.float64], q: float) -> float:
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(cumulative, q * cumulative[-1])])


@cache
def _table() -> NDArray[np.uint8]:
    """Name of each cell of the sRGB cube, (32, 32, 32) uint8.

    The borders in lightness, chroma and hue were set by eye on garment photos, whose light is warm and dim: a
    neutral tolerates more chroma when it is light and yellowish, and brown is every dark or dull orange.
    """
    centre = (np.arange(_STEPS) * 8 + 4).astype(np.uint8)
    cube = np.stack(np.meshgrid(centre, centre, centre, indexing="ij"), axis=-1)
    lab = to_lab(cube).astype(np.float64)
    light, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    name = np.full(light.shape, _GREY, np.uint8)

    def paint(color: str, where: NDArray[np.bool_]) -> None:
        name[where] = NAMES.index(color)

    vivid = chroma >= 9
    paint("white", ~vivid & (light > 80))
    paint("black", ~vivid & (light < 28))
    warm = (hue >= 40) & (hue < 75)
    paint("orange", vivid & warm & (light >= 50) & (chroma >= 48))
    paint("brown", vivid & warm & ~((light >= 50) & (chroma >= 48)))
    paint("beige", vivid & warm & (light >= 62) & (chroma < 32))
    yellow = (hue >= 75) & (hue < 103)
    paint("yellow", vivid & yellow)
    paint("beige", vivid & yellow & (chroma < 32) & (light >= 55))
    paint("brown", vivid & yellow & (light < 55) & (chroma < 45))
    paint("green", vivid & (hue >= 103) & (hue < 200))
    paint("blue", vivid & (hue >= 200) & (hue < 302))
    paint("purple", vivid & (hue >= 302) & (hue < 340))
    rosy = (hue >= 340) | (hue < 40)
    paint("red", vivid & rosy)
    paint("pink", vivid & rosy & (light >= 56) & ~((hue >= 20) & (hue < 40) & (chroma >= 60)))
    paint("brown", vivid & (hue >= 20) & (hue < 40) & (chroma < 30) & (light < 56))
    paint("pink", vivid & (hue >= 325) & (hue < 340) & (light >= 60))
    # Fuchsia and hot pink are darker than other pinks; aubergine is redder than other purples.
    paint("pink", ((hue >= 330) | (hue < 9)) & (light >= 46) & (chroma >= 35))
    paint("pink", (hue >= 330) & (hue < 356) & (light >= 36) & (chroma >= 45))
    paint("purple", vivid & (hue >= 340) & (hue < 350) & (light < 35))
    # Near the ends of lightness and chroma the hue is noise; a navy keeps its own longer than others.
    paint("black", (light < 18) & (chroma < np.where((hue >= 255) & (hue < 300), 12, 18)))
    paint("white", (light > 88) & (chroma < 12) & (hue >= 40) & (hue < 110))
    paint("grey", (chroma < 11) & (light >= 28) & (light < 70) & (hue >= 270) & (hue < 310))
    return name
