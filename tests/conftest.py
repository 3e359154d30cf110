"""Drawn products: a small catalog that the tests make themselves."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PACKSHOT_DATA", ROOT.parent / "shared" / "data"))

COLORS = {
    "red": ("红色", (205, 30, 40)),
    "blue": ("蓝色", (40, 70, 190)),
    "green": ("绿色", (40, 140, 60)),
    "black": ("黑色", (30, 30, 32)),
}
# Outlines in a unit square.
KINDS: dict[str, tuple[str, list[tuple[float, float]]]] = {
    "dress": ("连衣裙", [(0.38, 0.08), (0.62, 0.08), (0.62, 0.4), (0.85, 0.92), (0.15, 0.92), (0.38, 0.4)]),
    "trousers": (
        "裤子",
        [(0.3, 0.06), (0.7, 0.06), (0.78, 0.94), (0.57, 0.94), (0.5, 0.35), (0.43, 0.94), (0.22, 0.94)],
    ),
    "hat": ("帽子", [(0.3, 0.3), (0.7, 0.3), (0.72, 0.62), (0.95, 0.72), (0.05, 0.72), (0.28, 0.62)]),
}


def draw_product(kind: str, color: str, rng: np.random.Generator, side: int = 96) -> NDArray[np.uint8]:
    """A product on white, (side, side, 3) uint8, a little different each time."""
    shade = rng.integers(-18, 19, 3)
    fill = tuple(int(v) for v in np.clip(np.array(COLORS[color][1]) + shade, 0, 255))
    scale, (dx, dy) = rng.uniform(0.75, 0.95), rng.uniform(-0.04, 0.04, 2)
    large = side * 4
    outline = [
        (((x - 0.5) * scale + 0.5 + dx) * large, ((y - 0.5) * scale + 0.5 + dy) * large) for x, y in KINDS[kind][1]
    ]
    image = Image.new("RGB", (large, large), "white")
    ImageDraw.Draw(image).polygon(outline, fill=fill)
    pixels = np.asarray(image.resize((side, side), Image.Resampling.LANCZOS), np.int16)
    grain = rng.integers(-3, 4, pixels.shape) * (pixels < 250)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


def write_shop(folder: Path, count: int = 240, seed: int = 7) -> Path:
    """A shop's export: ``products.csv`` with Chinese and English descriptions, and pictures."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "products.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["sku", "description_en", "description_zh", "category", "image"])
        for i in range(count):
            kind, color = list(KINDS)[i % len(KINDS)], list(COLORS)[(i // len(KINDS)) % len(COLORS)]
            name = f"images/p{i:04d}.png"
            Image.fromarray(draw_product(kind, color, rng)).save(folder / name)
            table.writerow([f"P{i:04d}", f"{color} {kind}", COLORS[color][0] + KINDS[kind][0], kind, name])
    (folder / "LICENSE").write_text("CC0 1.0 Universal\n")
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def catalog_path(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from packshot.catalog import build

    out = tmp_path_factory.mktemp("built") / "catalog"
    build([shop], out)
    return out


@pytest.fixture(scope="session")
def data() -> Path:
    """The real catalogs; a test that asks for them is skipped where they are missing."""
    if not DATA.is_dir():
        pytest.skip(f"no real catalogs at {DATA}; set PACKSHOT_DATA")
    return DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """Where everything must be there, as in CI, a skipped test has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("PACKSHOT_FAIL_ON_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {call.excinfo and call.excinfo.value}"
    return report
