"""Drawn pictures and small tables for the tests of this room."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def photo(seed: int, size: tuple[int, int] = (160, 160), color: tuple[int, int, int] | None = None) -> Image.Image:
    """A picture with detail all over, as photos have, and a plain product in its middle."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    fill = color or tuple(int(v) for v in rng.integers(0, 256, 3))
    w, h = size
    draw.ellipse((w * 0.25, h * 0.25, w * 0.75, h * 0.75), fill=fill)
    for _ in range(12):
        x, y = rng.uniform(0.3, 0.65, 2)
        draw.rectangle((w * x, h * y, w * (x + 0.08), h * (y + 0.05)), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image.filter(ImageFilter.GaussianBlur(0.6))


def jpeg(image: Image.Image, quality: int = 90, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def write_photos(folder: Path, names: list[str], start: int = 0) -> None:
    """A different picture under each name; the suffix decides the format."""
    for number, name in enumerate(names, start):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = photo(number)
        image.save(path, "PNG" if path.suffix.lower() == ".png" else "JPEG")


def adds_up(counts: dict[str, object]) -> bool:
    rejected = counts["rejected_by_reason"]
    assert isinstance(rejected, dict)
    return (
        counts["candidates"] == int(str(counts["kept"])) + int(str(counts["rejected"]))
        and sum(rejected.values()) == counts["rejected"]
        and counts["kept"] == int(str(counts["train"])) + int(str(counts["test"]))
    )
