"""Enhancement that measures first: exposure, cast, haze, noise and softness are corrected only where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.cutout.raster import box_mean, frame
from packshot.finishing import denoise

# White paper should come out here; a little below 255, so that nothing on it clips.
_WHITE = 252.0
# Gains below these are within the spread of good pictures: a fifth of a stop, and a cast that hardly shows.
_LEAST_GAIN, _LEAST_CAST = 1.15, 1.06
# More than this is no longer a slip of the camera, and would show its noise.
_MOST_GAIN = 4.0
# Share of the border that must have one colour before it is taken for the paper.
_PLAIN = 0.85
_LEAST_NOISE = 2.5
_BLURRED = 0.5


@dataclass(frozen=True)
class Enhanced:
    """A picture after enhancement.

    Attributes:
        rgb: (h, w, 3) uint8; the very same array if nothing had to be done.
        notes: what was done, with what was measured, one line each.
    """

    rgb: NDArray[np.uint8]
    notes: tuple[str, ...]


def enhance(rgb: NDArray[np.uint8]) -> Enhanced:
    """Correct what is measurably wrong with a product photo.

    Exposure and cast are judged by the paper around the product, which should be white; without plain paper they are
    left alone, since a dark or warm product cannot be told from a dark or warm light.

    Args:
        rgb: (h, w, 3) uint8.
    """
    notes: list[str] = []
    rgb = _lit(rgb, notes) if _backdrop(rgb) is not None else _cleared(rgb, notes)
    sigma = denoise.noise(rgb)
    if sigma >= _LEAST_NOISE:
        rgb = denoise.denoise(rgb, sigma)
        notes.append(f"noise of {sigma:.1f} levels reduced")
    soft = blur(rgb)
    if soft > _BLURRED:
        rgb = sharpen(rgb, amount=min(1.5, 4 * (soft - _BLURRED) + 0.4))
        notes.append(f"sharpened (blur {soft:.2f})")
    return Enhanced(rgb, tuple(notes))


def blur(rgb: NDArray[np.uint8]) -> float:
    """How blurred a picture is, 0 (sharp) to 1: how little a further blur takes away from its variation.

    Source: Crété, Dolmière, Ladret and Nicolas 2007, "The blur effect: perception and estimation with a new
    no-reference perceptual blur metric", equations 1 to 9.
    """
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    values = []
    for axis in (0, 1):
        kernel_mean = _line_mean(grey, axis, 4)
        before = np.abs(np.diff(grey, axis=axis))
        after = np.abs(np.diff(kernel_mean, axis=axis))
        total = float(before.sum())
        lost = float(np.maximum(0, before - after).sum())
        values.append((total - lost) / total if total > 0 else 0.0)
    return max(values)


def sharpen(rgb: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Unsharp masking of the luminance, held between the neighbours' darkest and lightest, so that no halo appears.

    Args:
        amount: how much of the difference to a blur of 1 pixel is added.
    """
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    wanted = grey + amount * (grey - box_mean(box_mean(grey, 1), 1))
    padded = np.pad(grey, 1, mode="edge")
    windows = [padded[y : y + grey.shape[0], x : x + grey.shape[1]] for y in range(3) for x in range(3)]
    low, high = np.minimum.reduce(windows), np.maximum.reduce(windows)
    change = np.clip(wanted, low, high) - grey
    return np.clip(np.rint(rgb + change[..., None]), 0, 255).astype(np.uint8)


def _lit(rgb: NDArray[np.uint8], notes: list[str]) -> NDArray[np.uint8]:
    """Exposure and cast, in linear light, so that the paper becomes white."""
    colour = _backdrop(rgb)
    if colour is None:
        return rgb
    # A backdrop is meant to be white if hardly anything in the picture is lighter, in any channel.
    lighter = (rgb.astype(np.float32) > colour * 1.08 + 6).any(-1).mean()
    paper = _linear(colour)
    if lighter > 0.005 or paper.min() < 0.02 or paper.max() > 2.2 * paper.min():
        return rgb
    gains = _linear(np.full(3, _WHITE, np.float32)) / paper
    mean, spread = float(gains.mean()), float(gains.max() / gains.min())
    if gains.max() > _MOST_GAIN or (mean < _LEAST_GAIN and spread < _LEAST_CAST):
        return rgb
    gains = np.maximum(gains, 1)
    table = _encoded(np.clip(_linear(np.arange(256, dtype=np.float32))[:, None] * gains, 0, 1))
    if mean >= _LEAST_GAIN:
        notes.append(f"exposure raised {np.log2(mean):.1f} stops")
    if spread >= _LEAST_CAST:
        notes.append(f"colour cast of {100 * (spread - 1):.0f} % removed")
    return np.stack([table[rgb[..., c], c] for c in range(3)], -1)


def _backdrop(rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """The one colour of the picture's border, (3,) float32, if it has one."""
    edge = rgb[frame(rgb.shape, max(1, max(rgb.shape[:2]) // 100))].astype(np.float32)
    colour: NDArray[np.float32] = np.median(edge, axis=0).astype(np.float32)
    return colour if (np.abs(edge - colour).max(-1) <= 24).mean() >= _PLAIN else None


def _cleared(rgb: NDArray[np.uint8], notes: list[str]) -> NDArray[np.uint8]:
    """Haze: a picture that reaches neither black nor white is stretched to both.

    Only where there was no paper to judge by: a pale product in dim light has no black either, and should not.
    """
    grey = rgb[::2, ::2].astype(np.float32).mean(-1)
    low, high = (float(v) for v in np.quantile(grey, (0.005, 0.995)))
    if not (low > 40 and high < 225 and high - low > 30):
        return rgb
    notes.append(f"contrast raised (tones lay between {low:.0f} and {high:.0f})")
    stretched = (rgb.astype(np.float32) - low) * (225 / (high - low)) + 15
    return np.clip(np.rint(stretched), 0, 255).astype(np.uint8)


def _line_mean(plane: NDArray[np.float32], axis: int, radius: int) -> NDArray[np.float32]:
    moved = np.moveaxis(plane, axis, 0)
    padded = np.pad(moved, ((radius + 1, radius), (0, 0)), mode="edge")
    total = np.cumsum(padded, axis=0, dtype=np.float64)
    size = 2 * radius + 1
    return np.moveaxis((total[size:] - total[:-size]) / size, 0, axis).astype(np.float32)


def _linear(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light, 0..1, of sRGB levels, 0..255 (IEC 61966-2-1)."""
    c = levels / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    c = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(c * 255).astype(np.uint8)
