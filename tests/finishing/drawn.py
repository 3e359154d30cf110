"""Pictures drawn in code, and where the real ones lie."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from packshot.finishing.label import GenerationRecord
from packshot.images.encode import Format, encode

DATA = Path(os.environ.get("PACKSHOT_DATA", Path(__file__).parents[3] / "shared" / "data"))
RECORD = GenerationRecord(
    text='红色皮鞋, "paired": <new> & shiny\n第二行',
    seed=7,
    model="flow, small",
    identity="ab12cd34ef",
    family="flow",
    width=64,
    height=64,
    steps=8,
    guidance=2.5,
)


def real(pattern: str) -> list[Path]:
    """Real pictures, or the test is skipped with a reason."""
    found = sorted(DATA.glob(pattern))
    if not found:
        pytest.skip(f"no real pictures at {DATA / pattern}; set PACKSHOT_DATA")
    return found


def shape(size: int, box: tuple[float, float, float, float], kind: str = "ellipse") -> NDArray[np.float32]:
    """Antialiased coverage (size, size) in 0..1; the box is a share of the frame."""
    big = Image.new("L", (size * 4, size * 4))
    draw = ImageDraw.Draw(big)
    corners = [round(v * size * 4) for v in box]
    corners[2:] = [v - 1 for v in corners[2:]]
    getattr(draw, kind)(corners, fill=255)
    return np.asarray(big.resize((size, size), Image.Resampling.BOX), np.float32) / 255


def product(
    size: int = 200,
    box: tuple[float, float, float, float] = (0.15, 0.3, 0.55, 0.9),
    paper: tuple[int, int, int] = (255, 255, 255),
    colour: tuple[int, int, int] = (180, 40, 30),
    kind: str = "ellipse",
    noise: float = 0.0,
) -> NDArray[np.uint8]:
    """A product with stripes on plain paper, (size, size, 3) uint8."""
    cover = shape(size, box, kind)[..., None]
    rows = np.arange(size)[:, None, None]
    ink = np.asarray(colour, np.float32) + 12 * np.sin(rows / size * 80)
    picture = ink * cover + np.asarray(paper, np.float32) * (1 - cover)
    if noise:
        picture = picture + np.random.default_rng(1).normal(0, noise, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def png(rgb: NDArray[np.uint8], format: Format = "png") -> bytes:
    return encode(rgb, format)


def box_of(rgb: NDArray[np.uint8], darker_than: int = 200) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is not light."""
    seen = rgb.min(-1) < darker_than
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
