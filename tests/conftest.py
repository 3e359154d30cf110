"""Drawn products: a small catalog that the tests make themselves."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

# Before torch is loaded: spinning threads make tests crawl on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pytest
from filelock import FileLock
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
    """A product on white, (side, side, 3) uint8: its cut, shade and print differ each time, as real products do."""
    shade = rng.integers(-18, 19, 3)
    fill = np.clip(np.array(COLORS[color][1]) + shade, 0, 255)
    scale, shift = rng.uniform(0.7, 0.95), rng.uniform(-0.04, 0.04, 2)
    large = side * 4
    outline = (
        (np.array(KINDS[kind][1]) + rng.uniform(-0.06, 0.06, (len(KINDS[kind][1]), 2)) - 0.5) * scale + 0.5 + shift
    )
    shape, prints = Image.new("L", (large, large)), Image.new("L", (large, large))
    ImageDraw.Draw(shape).polygon([(float(x) * large, float(y) * large) for x, y in outline], fill=255)
    for _ in range(rng.integers(4, 9)):
        x, y, r = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.02, 0.1)
        box = [float(v) * large for v in (x - r, y - r * rng.uniform(0.3, 1), x + r, y + r * rng.uniform(0.3, 1))]
        ImageDraw.Draw(prints).ellipse((box[0], min(box[1], box[3]), box[2], max(box[1], box[3])), fill=255)
    inside, printed = (
        np.asarray(m.resize((side, side), Image.Resampling.LANCZOS), np.float64)[..., None] / 255
        for m in (shape, prints)
    )
    product = fill * (1 - 0.45 * printed) + rng.integers(-3, 4, (side, side, 1))
    return np.clip(np.rint(product * inside + 255 * (1 - inside)), 0, 255).astype(np.uint8)


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


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first of the processes that run the tests makes, and all of them use."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        done = folder.with_suffix(".done")
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "shop", write_shop)


@pytest.fixture(scope="session")
def catalog_path(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from packshot.catalog import build

    return made_once(tmp_path_factory, "catalog", lambda out: build([shop], out))


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


# Networks that train in seconds, and how long they do.
_TINY = ("model.resolution=32", "training.batch=16", "training.learning_rate=0.002", "training.looks=0")
_TINY_LATENT = (*_TINY, "model.crop=32", "model.perceptual=0", "model.adversarial=0")
SMALL = {
    "flow": (
        *_TINY_LATENT, "model.width=64", "model.depth=3", "model.align=0", "stages.flow.batch=32",
        "stages.flow.learning_rate=0.002", "stages.distill.batch=16", "model.autoencoder_share=0.04",
        "model.distill_share=0.2", "model.sharpen_share=0.02",
    ),
    # So small a generator learns nothing from a judge with pretrained features; a pixel judge is its match.
    "gan": (
        *_TINY, "training.start=", "model.lead=0", "model.channels=8",
        "model.width=64", "model.latent=16", "model.judge=pixels", "model.diversity=0", "training.modes=12",
    ),
    "vae": (*_TINY_LATENT, "model.width=64", "model.hidden=32", "model.latent=16", "model.autoencoder_share=0.05"),
}  # fmt: skip
_STEPS = {"flow": 450, "gan": 260, "vae": 320}


@pytest.fixture(scope="session")
def trained(catalog_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of each family, trained for seconds on the drawn catalog."""
    from packshot.families import FAMILIES
    from packshot.training.recipe import load_recipe
    from packshot.training.train import train

    def make(folder: Path) -> None:
        family = folder.name
        recipe = load_recipe(family, SMALL[family], steps=_STEPS[family], seed=1)
        train(catalog_path, folder, recipe, budget=None, resume=False)

    # Processes that need them at the same time begin with different ones.
    first = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % len(FAMILIES)
    order = [*list(FAMILIES)[first:], *list(FAMILIES)[:first]]
    return {family: made_once(tmp_path_factory, family, make) for family in order}
