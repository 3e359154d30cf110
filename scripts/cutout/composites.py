"""Training pairs: photos with masks known to be good, and products pasted on floors that they never lay on.

A pasted product's mask is exact whatever the photo's own mask missed, so composites teach what a product is while
the photos teach what pictures look like (Dwibedi, Misra and Hebert 2017, "Cut, paste and learn").
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import drawn
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
_POOL_SIDE = 224


@dataclass(frozen=True)
class Example:
    """A photo of at most 224 pixels and its product's mask, both uint8, the mask in 0..255."""

    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]

    @classmethod
    def of(cls, rgb: NDArray[np.uint8], mask: NDArray[np.float32]) -> Example:
        """Scale a picture and its mask (any size, 0..1) down to the pool's size."""
        scale = min(1.0, _POOL_SIDE / max(rgb.shape[:2]))
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        return cls(small, (cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) * 255).astype(np.uint8))


class Composer:
    """Draws endless training pairs.

    Args:
        examples: photos with masks known to be good.
        products: packshots of other goods, only ever pasted.
        scenes: pictures of other places, (h, w, 3) uint8.
        side: pixels of the square pairs.
        real: share of pairs that are photos rather than composites.
    """

    def __init__(
        self, examples: list[Example], products: list[Example], scenes: list[NDArray[np.uint8]],
        side: int, real: float, seed: int,
    ) -> None:  # fmt: skip
        self.examples, self.products, self.scenes, self.side, self.real = examples, products, scenes, side, real
        self.rng = np.random.default_rng(seed)

    def batch(self, n: int) -> tuple[Pixels, Pixels]:
        """(n, side, side, 3) in 0..255 and (n, side, side, 1) in 0..1."""
        pairs = [self.photo() if self.rng.random() < self.real else self.composite() for _ in range(n)]
        return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])[..., None]

    def photo(self) -> tuple[Pixels, Pixels]:
        """A photo under a small change of view and colour."""
        rng, side = self.rng, self.side
        example = self._any()
        height, width = example.mask.shape
        stretch = np.array([side / width, side / height]) * rng.uniform(0.9, 1.25)
        warp = _affine(
            (width / 2, height / 2), rng.normal(0, 6) + self._turn(), stretch, self._flip(),
            side / 2 + rng.normal(0, side / 25, 2),
        )  # fmt: skip
        rgb = cv2.warpAffine(example.rgb, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.warpAffine(example.mask, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
        return self._camera(_jitter(rng, rgb.astype(np.float32), 0.5)), mask.astype(np.float32) / 255

    def composite(self) -> tuple[Pixels, Pixels]:
        """A product on another photo's floor, with a shadow."""
        rng, side = self.rng, self.side
        floor = _jitter(rng, self._floor(), 0.7)
        product, alpha = self._product()
        if rng.random() < 0.25:
            # White on white and black on black are what shops have and what colour models fail at.
            inside = alpha > 0.5
            if inside.sum() > 20:
                target = floor.mean((0, 1)) + rng.normal(0, 18, 3)
                shift = (target - product[inside].mean(0)) * rng.uniform(0.6, 1.0)
                product = product + shift.astype(np.float32)
        if rng.random() < 0.8:
            shadow = cv2.GaussianBlur(alpha, (0, 0), side * rng.uniform(0.005, 0.04))
            moved = np.array([[1, 0, rng.normal(0, side * 0.015)], [0, 1, rng.normal(0, side * 0.015)]], np.float32)
            shadow = cv2.warpAffine(shadow, moved, (side, side))
            floor = floor * (1 - rng.uniform(0.05, 0.55) * shadow[..., None])
        mixed = floor + (np.clip(product, 0, 255) - floor) * alpha[..., None]
        return self._camera(mixed), alpha

    def _any(self) -> Example:
        return self.examples[self.rng.integers(len(self.examples))]

    def _flip(self) -> float:
        return -1.0 if self.rng.random() < 0.5 else 1.0

    def _turn(self) -> float:
        return float(self.rng.choice([0, 90, 180, 270], p=[0.82, 0.06, 0.06, 0.06]))

    def _product(self) -> tuple[Pixels, Pixels]:
        rng, side = self.rng, self.side
        pick = rng.random()
        if pick < 0.1:
            return drawn.pattern(rng, side), drawn.blob(rng, side)
        example = self.products[rng.integers(len(self.products))] if pick < 0.2 else self._any()
        rows, columns = np.flatnonzero(example.mask.max(1) > 127), np.flatnonzero(example.mask.max(0) > 127)
        box = np.array([columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]])
        middle = (columns[0] + box[0] / 2, rows[0] + box[1] / 2)
        # The pairs are squares squeezed from pictures of 3:4 or 4:3.
        squeeze = np.array([1.0, 0.75]) if rng.random() < 0.7 else np.array([0.75, 1.0])
        stretch = squeeze * side * rng.uniform(0.45, 0.97) / (box * squeeze).max()
        room = np.maximum(0, side - box * stretch) / 2
        warp = _affine(
            middle, rng.normal(0, 12) + self._turn(), stretch, self._flip(),
            side / 2 + room * rng.uniform(-0.9, 0.9, 2),
        )  # fmt: skip
        rgb = cv2.warpAffine(example.rgb, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.warpAffine(example.mask, warp, (side, side)).astype(np.float32) / 255
        # One pixel in from GrabCut's line, so that the old floor does not give the edge away.
        alpha = np.clip(cv2.blur(alpha, (3, 3)) * 2 - 0.9, 0, 1)
        return _jitter(rng, rgb.astype(np.float32), 1.0), alpha

    def _floor(self) -> Pixels:
        rng, side = self.rng, self.side
        pick = rng.random()
        if pick < 0.1:
            return drawn.pattern(rng, side)
        if pick < 0.2:
            return _cover(rng, self.scenes[rng.integers(len(self.scenes))], side)
        for _ in range(4):
            example = self._any()
            texture = _texture(rng, example, side)
            if texture is None:
                continue
            if pick < 0.55:
                return texture
            # The whole scene with its product painted over: hangers, tiles and furniture stay where they were.
            hole = cv2.dilate(cv2.resize(example.mask, (side, side)), np.ones((13, 13), np.uint8))
            soft = cv2.blur(hole, (7, 7)).astype(np.float32)[..., None] / 255
            scene = cv2.resize(example.rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
            return scene * (1 - soft) + texture * soft
        return np.full((side, side, 3), rng.uniform(0, 255, 3), np.float32)

    def _camera(self, rgb: Pixels) -> Pixels:
        """Uneven light, blur, noise and JPEG, in the order in which a phone adds them."""
        rng, side = self.rng, self.side
        if rng.random() < 0.4:
            corners = rng.uniform(0.7, 1.2, (2, 2, 1)).astype(np.float32)
            rgb = rgb * cv2.resize(corners, (side, side), interpolation=cv2.INTER_LINEAR)[..., None]
        if rng.random() < 0.3:
            rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.0))
        if rng.random() < 0.4:
            rgb = rgb + rng.normal(0, rng.uniform(1, 6), rgb.shape).astype(np.float32)
        rgb = np.clip(rgb, 0, 255)
        if rng.random() < 0.3:
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 90))]
            decoded = cv2.imdecode(cv2.imencode(".jpg", rgb.astype(np.uint8), quality)[1], 1)
            assert decoded is not None
            rgb = decoded.astype(np.float32)
        return rgb


def _jitter(rng: np.random.Generator, rgb: Pixels, strength: float) -> Pixels:
    """Light, contrast, saturation and tint; sometimes another colour altogether."""
    rgb = rgb * np.float32(np.exp(rng.normal(0, 0.25 * strength)))
    rgb = rgb * np.exp(rng.normal(0, 0.06 * strength, 3)).astype(np.float32)
    grey = rgb.mean(-1, keepdims=True)
    rgb = grey + (rgb - grey) * np.float32(np.exp(rng.normal(0, 0.4 * strength)))
    rgb = 128 + (rgb - 128) * np.float32(np.exp(rng.normal(0, 0.15 * strength)))
    if rng.random() < 0.3 * strength:
        rgb = rgb[..., rng.permutation(3)]
    return np.clip(rgb, 0, 255)


def _affine(
    source: tuple[float, float], degrees: float, stretch: NDArray[np.float64], flip: float,
    target: NDArray[np.float64],
) -> NDArray[np.float32]:  # fmt: skip
    """Turn about ``source``, then stretch, then put that point on ``target``; (2, 3) for cv2.warpAffine."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([flip, 1.0])
    matrix = np.diag(stretch) @ turn
    return np.hstack([matrix, (target - matrix @ np.array(source))[:, None]]).astype(np.float32)


def _texture(rng: np.random.Generator, example: Example, side: int) -> Pixels | None:
    """A square of floor, mirrored on from the widest strips beside a product; None if there are none."""
    rows, columns = np.flatnonzero(example.mask.max(1) > 30), np.flatnonzero(example.mask.max(0) > 30)
    height, width = example.mask.shape
    gap, strips = 5, []
    for y0, y1, x0, x1 in (
        (0, rows[0] - gap, 0, width), (rows[-1] + gap, height, 0, width),
        (0, height, 0, columns[0] - gap), (0, height, columns[-1] + gap, width),
    ):  # fmt: skip
        if min(y1 - y0, x1 - x0) >= 14:
            strips.append(example.rgb[y0:y1, x0:x1])
    if not strips:
        return None
    sizes = np.array([s.shape[0] * s.shape[1] for s in strips], np.float64)
    strip = strips[rng.choice(len(strips), p=sizes / sizes.sum())]
    zoom = rng.uniform(0.8, 2.0)
    strip = cv2.resize(strip, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    for axis in (0, 1):
        while strip.shape[axis] < side:
            strip = np.concatenate([strip, np.flip(strip, axis)], axis)
    top, left = rng.integers(strip.shape[0] - side + 1), rng.integers(strip.shape[1] - side + 1)
    return strip[top : top + side, left : left + side].astype(np.float32)


def _cover(rng: np.random.Generator, rgb: NDArray[np.uint8], side: int) -> Pixels:
    scale = side / min(rgb.shape[:2]) * rng.uniform(1.0, 1.6)
    size = max(side, round(rgb.shape[1] * scale)), max(side, round(rgb.shape[0] * scale))
    large = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)
    top, left = rng.integers(size[1] - side + 1), rng.integers(size[0] - side + 1)
    return large[top : top + side, left : left + side].astype(np.float32)
