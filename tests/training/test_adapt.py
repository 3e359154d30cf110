"""Adapting a trained model to other pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from packshot.artifact import ModelFolder
from packshot.errors import PackshotError
from packshot.training.adapt import recipe_from, rehearsal
from packshot.training.recipe import load_recipe
from packshot.training.train import train

from ..conftest import SMALL


@pytest.mark.usefixtures("bare")
def test_adapting_begins_with_the_model_and_keeps_its_words(
    trained: dict[str, Path], catalog_path: Path, tmp_path: Path
) -> None:
    origin = ModelFolder(trained["vae"])
    recipe = load_recipe("vae", SMALL["vae"], steps=4)
    adapted = train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False, origin=origin.path)
    assert adapted.config.text.terms == origin.config.text.terms
    assert set(adapted.config.categories) >= set(origin.config.categories)
    ours, theirs = load_file(adapted.file("model.safetensors")), load_file(origin.file("model.safetensors"))
    name = "autoencoder.to_latent.weight"
    moved = np.abs(ours[name].astype(float) - theirs[name]).mean() / np.abs(theirs[name].astype(float)).mean()
    assert 0 < moved < 0.2
    plan = json.loads((tmp_path / "m" / "training" / "plan.json").read_text())
    assert plan["origin"] == str(origin.path.absolute())


def test_another_family_is_refused(trained: dict[str, Path], catalog_path: Path, tmp_path: Path) -> None:
    recipe = load_recipe("gan", SMALL["gan"], steps=4)
    with pytest.raises(PackshotError, match="is a vae model"):
        train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False, origin=trained["vae"])


def test_rates_are_halved_everywhere(trained: dict[str, Path]) -> None:
    recipe = load_recipe("vae", SMALL["vae"])
    gentler = recipe_from(recipe, ModelFolder(trained["vae"]))
    for stage in ("autoencoder", "prior"):
        assert gentler.training_of(stage).learning_rate == pytest.approx(recipe.training_of(stage).learning_rate / 2)
    assert gentler.training.looks == 0


def test_rehearsal_covers_what_the_model_knows_in_both_languages(trained: dict[str, Path]) -> None:
    model = ModelFolder(trained["vae"])
    data = rehearsal(model)
    kinds = len(model.config.categories) * len(model.config.colors)
    assert len(data) == 512
    assert len(np.unique(data.attributes, axis=0)) == kinds
    assert len(data.vectors) == 2 * kinds
    assert (data.texts[:, 0] != data.texts[:, 1]).all()


def test_joined_sets_weigh_the_same(trained: dict[str, Path]) -> None:
    data = rehearsal(ModelFolder(trained["vae"]))
    few = data.first(50)
    both = few.joined(data)
    assert len(both) == 500 + 512
    np.testing.assert_array_equal(both.vectors[both.texts[0]], few.vectors[few.texts[0]])
    np.testing.assert_array_equal(both.pixels[500], data.pixels[0])
    np.testing.assert_array_equal(both.vectors[both.texts[500]], data.vectors[data.texts[0]])
