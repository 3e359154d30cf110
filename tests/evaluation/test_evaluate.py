"""The whole judgement of the default model on a drawn catalog."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from packshot.catalog import Catalog, build
from packshot.cli import run
from packshot.engines import LocalEngine
from packshot.evaluation.evaluate import Settings, evaluate
from packshot.evaluation.probes import Probes
from packshot.evaluation.reference import Reference
from packshot.evaluation.report import _curves
from packshot.features.index import NeighbourIndex
from packshot.generation.models import open_model

from ..conftest import COLORS, draw_product

DEFAULT = open_model(None).path


@pytest.fixture(scope="module")
def judged(catalog_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("judged")
    prompts = out / "asked.csv"
    prompts.write_text("text,category,color\nred dress,dress,red\n蓝色裤子,,\nblack hat,hat,\n")
    settings = Settings(prompts=prompts, images=80, seeds=3, neighbours=True)
    return out, evaluate(DEFAULT, catalog_path, out, settings)


def test_every_figure_is_there_with_its_interval_and_number(
    judged: tuple[Path, dict[str, Any]], catalog_path: Path
) -> None:
    out, result = judged
    assert result == json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    counts = Catalog(catalog_path).counts
    assert result["images"] == {
        "real": counts["test"], "generated": 80, "training": counts["train"], "sample": 80,
    }  # fmt: skip
    for figures in (result["scores"], result["real_against_real"]):
        assert set(figures) == {"fid", "kid", "precision", "recall", "density", "coverage", "spread"}
        for figure in figures.values():
            assert figure["low"] <= figure["value"] <= figure["high"]
            assert figure["n"] > 0
    # Real photos' model against drawn shapes: far apart, and farther than the shapes from each other.
    assert result["scores"]["kid"]["low"] > result["real_against_real"]["kid"]["high"]
    assert set(result["per_category"]) == {"dress", "trousers", "hat"}
    assert any("held-out pictures: the distances" in w for w in result["warnings"])


def test_obedience_is_counted_over_the_asked_descriptions(judged: tuple[Path, dict[str, Any]]) -> None:
    followed = judged[1]["adherence"]
    assert (followed["descriptions"], followed["seeds"]) == (3, 3)
    assert followed["category"]["accuracy"]["n"] == 9
    assert followed["zh"]["category"]["accuracy"]["n"] == 3
    # The hat's color is not in its column, and is parsed from its text.
    assert followed["color"]["accuracy"]["n"] == 9
    assert followed["color"]["accuracy"]["value"] > 0.6
    assert set(judged[1]["r_precision"]) == {"zh", "en"}


def test_a_shop_of_one_kind_and_one_language_is_judged_by_what_it_has(tmp_path: Path) -> None:
    shop, rng = tmp_path / "shop", np.random.default_rng(2)
    shop.mkdir()
    lines = ["sku,title,image"]
    for i in range(80):
        color = list(COLORS)[i % 4]
        Image.fromarray(draw_product("hat", color, rng)).save(shop / f"{i}.png")
        lines.append(f"H{i},{color} hat number {i},{i}.png")
    (shop / "products.csv").write_text("\n".join(lines))
    build([shop], tmp_path / "catalog")
    prompts = tmp_path / "asked.csv"
    prompts.write_text("text\nred hat\nblue hat\n")
    result = evaluate(DEFAULT, tmp_path / "catalog", tmp_path / "out", Settings(prompts=prompts, images=16, seeds=2))
    assert result["adherence"]["category"] is None
    assert result["adherence"]["color"]["accuracy"]["n"] == 4
    assert set(result["r_precision"]) == {"en"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Finds its own description" in page
    assert "Chinese" not in page.split("Finds its own description")[1].split("</p>")[0]


def test_memory_variety_and_costs_are_told(judged: tuple[Path, dict[str, Any]]) -> None:
    out, result = judged
    memory = result["memorisation"]
    assert memory["near_copies"]["value"] == 0
    assert memory["authenticity"]["value"] > memory["authenticity_real"]["value"]
    found = [entry["closeness"] for entry in memory["closest"]]
    assert found == sorted(found)
    assert set(memory["limits"]) == {"lite0", "thumbnail"}
    assert memory["closest"][0]["sku"].startswith("P")
    assert result["same_description"]["spread"]["value"] > 0
    costs = result["costs"]
    assert 0 < costs["ms_per_image"] < costs["first_ms"]
    assert 30 < costs["peak_mb"] < 2000
    assert costs["folder_mb"] > costs["drawing_mb"] > 1
    assert costs["training_minutes"] > 0
    assert Probes.load(out / "probes.npz").resolution == 128
    assert len(NeighbourIndex.load(out).skus) == result["images"]["training"]


def test_a_model_that_draws_in_latents_is_told_what_its_autoencoder_can_do(
    judged: tuple[Path, dict[str, Any]], trained: dict[str, Path], catalog_path: Path, tmp_path: Path
) -> None:
    assert judged[1]["reconstruction"] is None
    assert "encoded and decoded" not in (judged[0] / "report.html").read_text(encoding="utf-8")
    model = tmp_path / "vae"
    shutil.copytree(trained["vae"], model)
    result = evaluate(model, catalog_path, None, Settings(images=40, seeds=1))
    found = result["reconstruction"]
    held_out = Catalog(catalog_path).counts["test"]
    for name in ("psnr", "ssim", "fid", "kid"):
        assert found[name]["n"] == held_out
    # It begins with the shipped autoencoder, which draws simple shapes well; what the vae draws is farther away.
    assert 20 < found["psnr"]["low"] < found["psnr"]["value"] < 60
    assert 0.8 < found["ssim"]["low"] < found["ssim"]["high"] < 1
    assert found["kid"]["value"] < result["scores"]["kid"]["value"]
    told = f"PSNR {found['psnr']['value']:.1f} dB"
    assert told in (model / "README.md").read_text(encoding="utf-8")
    page = (model / "report.html").read_text(encoding="utf-8")
    assert told in page
    assert "encoded and decoded" in page


def test_the_card_tells_the_figures(judged: tuple[Path, dict[str, Any]]) -> None:
    out, result = judged
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| FID | {result['scores']['fid']['value']:.1f} (" in card
    assert "near-copies of training pictures | 0.0 %" in card
    assert "not Inception features" in card
    assert "Warning: only " in card


class Page(HTMLParser):
    """What a page asks for and says."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.words: list[str] = []
        self.sources: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_report_is_one_page_with_pictures_and_charts(judged: tuple[Path, dict[str, Any]]) -> None:
    out, result = judged
    page = Page(out / "report.html")
    text = " ".join(page.words)
    assert all(source.startswith("data:image/") for source in page.sources)
    # 3 kinds × 6 generated and 6 real, 24 pairs, and 5 seeds of 3 descriptions.
    assert page.tags["img"] == 3 * 12 + 24 * 2 + 3 * 5
    assert page.tags["svg"] >= 1 + 3 * 2 + 3
    assert f"{result['scores']['fid']['value']:.1f} (" in text
    assert {"蓝色裤子", "red dress"} <= {w.strip() for w in page.words}
    assert "Warning: only" in text


def test_curves_come_from_the_training_that_the_folder_holds(tmp_path: Path) -> None:
    assert _curves(tmp_path) == []
    (tmp_path / "training").mkdir()
    history = [{"stage": "a", "step": 20, "loss": 2.0}, {"stage": "a", "step": 40, "loss": 1.5}]
    history += [{"stage": "b", "step": 20, "loss": 1.0, "gradient": 0.5}]
    (tmp_path / "training" / "checkpoint.json").write_text(json.dumps({"history": history}))
    (only,) = _curves(tmp_path)
    assert "loss" in only
    assert "1 to 2, at the end 1" in only
    assert ">60<" in only


def test_an_engine_gives_the_same_features(catalog_path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(catalog_path, tmp_path / "catalog", ignore=shutil.ignore_patterns(".cache")))
    here = Reference(Catalog(catalog_path), 64, "pad").held_out
    there = Reference(Catalog(copy), 64, "pad", engine=LocalEngine(2, "threads")).held_out
    np.testing.assert_allclose(here, there, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--prompts", "{tmp}/none.csv"), 1, "no such file"),
        (("--inception", "{tmp}/none.pt"), 1, "no such file"),
        (("--engine", "steam"), 2, "unknown engine"),
        (("--features", "{tmp}"), 1, "no Hugging Face model"),
        (("--features", "{tmp}", "--inception", "x"), 2, "exclude each other"),
    ],
)
def test_a_mistake_is_one_line(
    options: tuple[str, ...],
    status: int,
    message: str,
    catalog_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [o.format(tmp=tmp_path) for o in options]
    assert run(["evaluate", str(DEFAULT), str(catalog_path), "-o", str(tmp_path), *given]) == status
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]
    assert not (tmp_path / "evaluation.json").exists()
