"""What is looked at during training, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation.reference import Reference
from packshot.families import config_class, training_parts
from packshot.text.attributes import load_vocabulary
from packshot.text.condition import Conditioner
from packshot.text.encoder import SentenceEncoder
from packshot.training.monitor import Look, Monitor, best_of
from packshot.training.recipe import load_recipe
from packshot.training.train import train

from ..conftest import SMALL


def _look(kid: float = 0.1, across: float = 1.0, within: float = 0.5) -> Look:
    return Look(kid, across, within, np.zeros((8, 8, 3), np.uint8))


def _monitor(**changes: object) -> Monitor:
    settings = {
        "family": "gan",
        "architecture": None,
        "reference": None,
        "conditioner": None,
        "looks": 4,
        "patience": 2,
    }
    return Monitor(**{**settings, **changes})  # type: ignore[arg-type]


def _scripted(monkeypatch: pytest.MonkeyPatch, *looks: Look) -> Iterator[Look]:
    script = iter(looks)
    monkeypatch.setattr(Monitor, "look", lambda _monitor, _model: next(script))
    return script


def _train(catalog_path: Path, out: Path, *more: str, steps: int = 40):
    settings = (*SMALL["gan"], "model.diversity=1", "training.looks=4", "training.patience=2", *more)
    return train(catalog_path, out, load_recipe("gan", settings, steps=steps, seed=1), budget=None, resume=False)


def test_looks_are_spread_over_the_steps_and_the_last_is_at_the_end() -> None:
    assert [step for step in range(1, 101) if _monitor().due(step, 100)] == [25, 50, 75, 100]
    assert not any(_monitor(looks=0).due(step, 100) for step in range(1, 101))


def test_a_collapse_is_told_from_a_beginning() -> None:
    monitor = _monitor()
    assert monitor.collapsed(_look(across=0.1, within=0.0), 0.1) is None
    assert "different descriptions" in (monitor.collapsed(_look(across=0.1), 0.4) or "")
    assert monitor.collapsed(_look(within=0.01), 0.3) is None
    assert "one description" in (monitor.collapsed(_look(within=0.01), 0.6) or "")
    assert monitor.collapsed(_look(), 1.0) is None


def test_the_best_look_is_the_first_of_those_that_chance_cannot_tell_apart() -> None:
    assert best_of([0.5, 0.3, 0.299, 0.4]) == 1
    assert best_of([0.5, 0.3, 0.2]) == 2
    assert best_of([0.01, -0.001, -0.002]) == 2
    assert not _monitor().tired([0.5, 0.3, 0.31])
    assert _monitor().tired([0.5, 0.3, 0.31, 0.32])
    assert not _monitor(patience=0).tired([0.1, 0.2, 0.3, 0.4, 0.5])


@pytest.mark.usefixtures("bare")
def test_a_collapse_leads_back_to_the_last_healthy_step_with_other_settings(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _scripted(monkeypatch, _look(0.5), _look(0.4, across=0.1), _look(0.4), _look(0.3), _look(0.2))
    _train(catalog_path, tmp_path / "m")
    plan = json.loads((tmp_path / "m" / "training" / "plan.json").read_text())
    (change,) = plan["changes"]
    assert change["step"] == 20
    assert change["model"] == {"diversity": 2.0}
    assert plan["recipe"]["stages"]["main"]["learning_rate"] == pytest.approx(0.001)
    history = json.loads((tmp_path / "m" / "training" / "checkpoint.json").read_text())["history"]
    assert [(row["step"], row["kid"]) for row in history if "kid" in row] == [
        (10, 0.5),
        (20, 0.4),
        (30, 0.3),
        (40, 0.2),
    ]
    assert "back to the last healthy step" in capsys.readouterr().err


@pytest.mark.usefixtures("bare")
def test_without_improvement_the_rate_falls_from_the_best_step_on(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At steps 10 and 20; then, from step 10 anew, at 20 and at the early end.
    script = _scripted(monkeypatch, _look(0.2), _look(0.3), _look(0.3), _look(0.4), _look(0.1))
    model = _train(catalog_path, tmp_path / "m", "training.patience=1")
    head = json.loads((tmp_path / "m" / "training" / "checkpoint.json").read_text())
    assert (head["step"], head["end"]) == (22, 22)
    looked = [(row["step"], row["kid"]) for row in head["history"] if "kid" in row]
    assert looked == [(10, 0.2), (20, 0.3), (22, 0.4)]
    assert next(script).kid == 0.1
    assert ModelFolder(model.path).config.family == "gan"


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
    assert monitor.collapsed(look, 0.5)
    assert look.kid > 0.1
    assert look.sheet.shape[2] == 3
