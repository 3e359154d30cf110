"""Choosing a family by what is preferred."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

import packshot.training.choose as module
from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.cli import run
from packshot.errors import PackshotError
from packshot.families import FAMILIES
from packshot.training.choose import choose, mark, measure

from ..conftest import SMALL

SCORES = {
    "flow": {"closeness": 40.0, "within": 0.6, "recall": 0.5, "category": 0.9, "color": 0.9, "speed": 20.0},
    "gan": {"closeness": 35.0, "within": 0.2, "recall": 0.3, "category": 0.9, "color": 0.9, "speed": 100.0},
    "vae": {"closeness": 5.0, "within": 0.3, "recall": 0.1, "category": 0.8, "color": 0.9, "speed": 90.0},
}


def test_what_is_preferred_decides() -> None:
    best = {p: max(SCORES, key=lambda f: mark(SCORES, f, p)) for p in ("variety", "closeness", "speed")}
    assert best == {"variety": "flow", "closeness": "flow", "speed": "gan"}


def test_marks_are_shares_that_a_better_measure_raises() -> None:
    marks = [mark(SCORES, family, "variety") for family in SCORES]
    assert all(0 < m <= 1 for m in marks)
    better = {**SCORES, "vae": {**SCORES["vae"], "within": 0.6}}
    assert mark(better, "vae", "variety") > mark(SCORES, "vae", "variety")
    assert mark({"gan": SCORES["gan"]}, "gan", "speed") == pytest.approx(1)


def test_a_measure_that_nobody_has_is_left_out() -> None:
    scores = {f: {**s, "category": math.nan} for f, s in SCORES.items()}
    assert 0 < mark(scores, "gan", "speed") <= 1


def test_a_trained_model_is_measured(trained: dict[str, Path], catalog_path: Path) -> None:
    found = measure(ModelFolder(trained["gan"]), Catalog(catalog_path))
    assert set(found) == set(SCORES["gan"])
    assert found["closeness"] > 0
    assert found["speed"] > 1


@pytest.mark.usefixtures("bare")
def test_the_best_is_kept_and_the_choice_is_explained(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load = module.load_recipe
    monkeypatch.setattr(module, "load_recipe", lambda family, _settings, **_: load(family, SMALL[family], steps=8))
    monkeypatch.setattr(module, "measure", lambda model, _catalog: SCORES[model.config.family])
    model = choose(catalog_path, tmp_path / "m", "speed", budget=1.0)
    assert model.config.family == "gan"
    content = json.loads((tmp_path / "m" / "choice.json").read_text())
    assert content["kept"] == "gan"
    assert set(content["marks"]) == set(FAMILIES)
    assert "kept gan for speed" in capsys.readouterr().err
    # To resume with another preference is to choose again, and trains nothing.
    monkeypatch.setattr(module, "train", lambda *_, **__: pytest.fail("trained again"))
    for name in ("notes.txt", "evaluation.json"):
        (tmp_path / "m" / name).write_text("mine")
    model = choose(catalog_path, tmp_path / "m", "speed", budget=1.0, resume=True)
    assert (tmp_path / "m" / "evaluation.json").exists()
    model = choose(catalog_path, tmp_path / "m", "variety", budget=1.0, resume=True)
    assert model.config.family == "flow"
    assert (tmp_path / "m" / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "m" / "evaluation.json").exists()
    assert not list((tmp_path / "m").glob("graphs/generator.onnx"))
    model = choose(catalog_path, tmp_path / "m", "speed", budget=1.0, resume=True)
    assert sorted(p.name for p in (tmp_path / "m" / "graphs").iterdir()) == ["generator.onnx"]


def test_another_model_is_never_overwritten(catalog_path: Path, tmp_path: Path, trained: dict[str, Path]) -> None:
    copy = Path(shutil.copytree(trained["vae"], tmp_path / "m", ignore=shutil.ignore_patterns("training")))
    before = (copy / "config.json").read_bytes()
    for resume, message in ((False, "not empty"), (True, "was not chosen")):
        with pytest.raises(PackshotError, match=message):
            choose(catalog_path, copy, "speed", budget=1.0, resume=resume)
    assert (copy / "config.json").read_bytes() == before


def test_a_setting_that_one_family_lacks_is_said_before_any_is_trained(catalog_path: Path, tmp_path: Path) -> None:
    with pytest.raises(PackshotError, match=r"model\.contrast"):
        choose(catalog_path, tmp_path / "m", "speed", budget=1.0, settings=["model.contrast=1"])
    assert not (tmp_path / "m").exists()


def test_auto_wants_a_budget_and_nothing_else(catalog_path: Path, tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "m"), "--family", "auto"]
    assert run(["train", str(catalog_path), *out]) == 2
    assert run(["train", str(catalog_path), *out, "--budget", "1m", "--steps", "5"]) == 2
