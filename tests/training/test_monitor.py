"""What is looked at during training, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file
from torch import nn

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation.reference import Reference
from packshot.families import config_class, training_parts
from packshot.text.attributes import load_vocabulary
from packshot.text.condition import Conditioner
from packshot.text.encoder import SentenceEncoder
from packshot.training.checkpoint import go_back, read_head
from packshot.training.monitor import Look, Monitor, best_of
from packshot.training.recipe import load_recipe
from packshot.training.train import train

from ..conftest import SMALL


def _look(kid: float = 0.1, across: float = 1.0, within: float = 0.5) -> Look:
    return Look(kid, across, within, np.zeros((8, 8, 3), np.uint8))


def _held_out(count: int) -> SimpleNamespace:
    return SimpleNamespace(rows={"test": list(range(count))})


def _monitor(**changes: object) -> Monitor:
    settings = {
        "family": "gan",
        "architecture": None,
        "reference": _held_out(12),
        "conditioner": None,
        "looks": 4,
        "patience": 2,
    }
    return Monitor(**{**settings, **changes})  # type: ignore[arg-type]


def _scripted(monkeypatch: pytest.MonkeyPatch, *looks: Look) -> Iterator[Look]:
    script = iter(looks)
    monkeypatch.setattr(Monitor, "look", lambda _monitor, _model: next(script))
    return script


def _train(catalog_path: Path, out: Path, *more: str, steps: int = 8):
    settings = (*SMALL["gan"], "model.diversity=1", "training.looks=4", "training.patience=2", *more)
    return train(catalog_path, out, load_recipe("gan", settings, steps=steps, seed=1), budget=None, resume=False)


def test_looks_are_spread_over_the_steps_and_the_last_is_at_the_end() -> None:
    assert [step for step in range(1, 101) if _monitor().due(step, 100)] == [25, 50, 75, 100]
    assert not any(_monitor(looks=0).due(step, 100) for step in range(1, 101))


def test_a_collapse_is_told_from_a_beginning() -> None:
    monitor = _monitor()
    assert monitor.collapsed(0.1, 0.0, 0.1) is None
    assert "different descriptions" in (monitor.collapsed(0.1, 0.5, 0.4) or "")
    assert monitor.collapsed(0.9, 0.01, 0.3) is None
    assert "one description" in (monitor.collapsed(0.9, 0.01, 0.6) or "")
    assert monitor.collapsed(0.9, 0.5) is None


def test_the_best_look_is_the_first_of_those_that_chance_cannot_tell_apart() -> None:
    assert best_of([0.5, 0.3, 0.299, 0.4]) == 1
    assert best_of([0.5, 0.3, 0.2]) == 2
    assert best_of([0.01, -0.001, -0.002]) == 2
    assert _monitor().worse([0.1, 0.2])
    assert not _monitor().worse([0.1, 0.12])
    assert not _monitor().worse([-0.001, 0.001])
    assert not _monitor().tired([0.5, 0.3, 0.31])
    assert _monitor().tired([0.5, 0.3, 0.31, 0.32])
    assert not _monitor(patience=0).tired([0.1, 0.2, 0.3, 0.4, 0.5])


def test_a_handful_of_held_out_pictures_decides_nothing() -> None:
    few = _monitor(reference=_held_out(11))
    assert not few.worse([0.1, 0.9])
    assert not few.tired([0.1, 0.9, 0.9, 0.9, 0.9])


@pytest.mark.usefixtures("bare")
def test_a_collapse_leads_back_to_the_last_healthy_step_with_other_settings(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = _scripted(monkeypatch, _look(0.5), _look(0.4, across=0.1), _look(0.4), _look(0.3))
    _train(catalog_path, tmp_path / "m")
    plan = json.loads((tmp_path / "m" / "training" / "plan.json").read_text())
    (change,) = plan["changes"]
    assert change["step"] == 4
    assert change["model"] == {"diversity": 2.0}
    assert plan["recipe"]["stages"]["main"]["learning_rate"] == pytest.approx(0.001)
    # Half of the steps were spent on the wrong way; the other half go on from step 2, and the rate falls at their end.
    head, looked = _looked(tmp_path / "m")
    assert looked == [(2, 0.5), (4, 0.4), (6, 0.3)]
    assert (head["end"], head["fall"]) == (6, 5)
    assert list(script) == []
    # The time that it took stays spent.
    work = tmp_path / "m" / "training"
    go_back(work, SimpleNamespace(step=7, end=0, seconds=99.0), 8, 0.5)  # type: ignore[arg-type]
    again, healthy = read_head(work), read_head(work / "healthy")
    assert again == healthy
    assert (again["step"], again["end"], again["seconds"]) == (6, 7, 99.0)
    assert "back to the last healthy step" in capsys.readouterr().err


def _looked(out: Path) -> tuple[dict[str, object], list[tuple[int, float]]]:
    head = json.loads((out / "training" / "checkpoint.json").read_text())
    return head, [(row["step"], row["kid"]) for row in head["history"] if "kid" in row]


@pytest.mark.usefixtures("bare")
def test_what_gets_clearly_worse_goes_back_to_the_best_step_and_falls_over_the_steps_left(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At steps 2 and 4; then, from step 2 anew, at 4 and at the end.
    script = _scripted(monkeypatch, _look(0.2), _look(0.3), _look(0.25), _look(0.22), _look(0.1))
    _train(catalog_path, tmp_path / "m", "training.patience=1")
    head, looked = _looked(tmp_path / "m")
    assert (head["step"], head["fall"], head["end"]) == (6, 2, 6)
    assert looked == [(2, 0.2), (4, 0.25), (6, 0.22)]
    assert next(script).kid == 0.1


@pytest.mark.usefixtures("bare")
def test_what_merely_stands_still_falls_from_where_it_is(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _scripted(monkeypatch, _look(0.2), _look(0.21), _look(0.19), _look(0.18))
    _train(catalog_path, tmp_path / "m", "training.patience=1")
    head, looked = _looked(tmp_path / "m")
    assert (head["step"], head["fall"], head["end"]) == (8, 4, 8)
    assert looked == [(2, 0.2), (4, 0.21), (6, 0.19), (8, 0.18)]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("within", "kept"), [(0.5, 2), (0.01, 8)])
def test_an_end_that_is_clearly_worse_than_the_best_look_is_not_kept(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, within: float, kept: int
) -> None:
    # What ignores its noise may draw the nearest pictures and is not gone back to.
    _scripted(monkeypatch, _look(0.1, within=within), _look(0.3), _look(0.2), _look(0.2))
    model = _train(catalog_path, tmp_path / "m", "training.patience=0", "training.looks=4")
    head, _ = _looked(tmp_path / "m")
    assert head["step"] == kept
    assert ModelFolder(model.path).config.training.steps == kept
    best = load_file(next((tmp_path / "m" / "training" / "best").glob("*.safetensors")))
    ours = load_file(model.path / "model.safetensors")
    name = next(iter(ours))
    same = np.array_equal(best[f"average.{name}"].astype(np.float16), ours[name])
    assert same == (kept == 2)


@pytest.mark.usefixtures("bare")
def test_what_collapsed_early_is_nothing_to_go_back_to(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At a quarter it is too early to say so; at the half it is said, and the way back leads to the start.
    script = _scripted(monkeypatch, _look(across=0.1), _look(across=0.1), _look(), _look())
    _train(catalog_path, tmp_path / "m")
    assert [row[0] for row in _looked(tmp_path / "m")[1]] == [2, 4]
    assert list(script) == []


@pytest.mark.usefixtures("bare")
def test_a_best_look_of_the_wrong_way_is_forgotten_with_it(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After step 1 the distance falls while descriptions are ignored, which is said at step 4; then it only rises.
    wrong = [_look(0.1, across=0.1)] * 3
    _scripted(monkeypatch, _look(0.5), *wrong, _look(0.6), _look(0.6), _look(0.6), _look(0.9))
    _train(catalog_path, tmp_path / "m", "training.patience=0", "training.looks=8")
    assert _looked(tmp_path / "m")[0]["step"] == 1


def test_a_generator_that_draws_one_picture_is_seen_to_have_collapsed(catalog_path: Path) -> None:
    catalog = Catalog(catalog_path)
    conditioner = Conditioner(SentenceEncoder(), (), load_vocabulary())
    architecture = config_class("gan").model_validate(
        {"resolution": 32, "channels": 4, "width": 16, "latent": 8, "condition_dim": conditioner.dim}
    )
    network = training_parts("gan").Network(architecture)
    for parameter in network.generator.parameters():
        nn.init.zeros_(parameter)
    monitor = Monitor("gan", architecture, Reference(catalog, 32, "pad"), conditioner, 4, 0)
    look = monitor.look(network.generator)
    assert look.across < 0.01
    assert look.within < 0.01
    assert monitor.collapsed(look.across, look.within, 0.5)
    assert look.kid > 0.1
    assert look.sheet.shape[2] == 3
