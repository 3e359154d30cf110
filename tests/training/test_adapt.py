"""Adapting a trained model to other pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file
from safetensors.torch import save_file as save_torch

from packshot.artifact import ModelFolder
from packshot.errors import PackshotError
from packshot.families import config_class, training_parts
from packshot.training.adapt import load_weights, recipe_from, rehearsal, take_over
from packshot.training.plan import read_plan
from packshot.training.recipe import changed, load_recipe
from packshot.training.train import train

from ..conftest import SMALL


@pytest.mark.usefixtures("bare")
def test_adapting_begins_with_the_model_and_keeps_its_words(
    trained: dict[str, Path], catalog_path: Path, tmp_path: Path
) -> None:
    origin = ModelFolder(trained["vae"])
    recipe = load_recipe("vae", SMALL["vae"], steps=4)
    adapted = train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False, origin=origin.path)
    assert set(adapted.config.text.terms) >= set(origin.config.text.terms)
    assert set(adapted.config.categories) >= set(origin.config.categories)
    ours, theirs = load_file(adapted.file("model.safetensors")), load_file(origin.file("model.safetensors"))
    name = "autoencoder.to_latent.weight"
    moved = np.abs(ours[name].astype(float) - theirs[name]).mean() / np.abs(theirs[name].astype(float)).mean()
    assert 0 < moved < 0.2
    plan = read_plan(tmp_path / "m" / "training")
    assert plan is not None
    assert plan.origin == str(origin.path.absolute())
    # Resumed with another rate, it has that rate and not half of it; asked for as it was begun, it is as it was.
    slower = changed(plan.recipe, ["training.learning_rate=0.00001"])
    train(catalog_path, tmp_path / "m", slower, budget=None, resume=True)
    resumed = read_plan(tmp_path / "m" / "training")
    assert resumed is not None
    assert resumed.recipe.training.learning_rate == 1e-5
    train(catalog_path, tmp_path / "m", recipe, budget=None, resume=True, origin=origin.path)
    assert read_plan(tmp_path / "m" / "training") == plan
    with pytest.raises(PackshotError, match="this training began with"):
        train(catalog_path, tmp_path / "m", recipe, budget=None, resume=True, origin=adapted.path)


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


def test_a_gan_that_is_adapted_is_held_and_its_discriminator_leads(trained: dict[str, Path]) -> None:
    origin = ModelFolder(trained["gan"])
    config = recipe_from(load_recipe("gan", SMALL["gan"]), origin).model_config_for(1)
    assert config.lead > 0
    assert config.rehearse > 0
    data = rehearsal(origin, origin.config.text.terms)
    both = data.few(20).joined(data)
    assert both.rehearsed is not None
    assert both.rehearsed.sum() == len(data)
    half = both.few(100).rehearsed
    assert half is not None
    assert half.mean() == pytest.approx(0.5, abs=0.05)
    seen = both.batch(0, 64, 1, mirror=False, drop_text=0.0, drop_attributes=0.0)
    np.testing.assert_array_equal(seen.rehearsed, both.rehearsed[both._rows(0, 64, 1)])


def test_rehearsal_covers_what_the_model_knows_in_both_languages(trained: dict[str, Path]) -> None:
    model = ModelFolder(trained["vae"])
    data = rehearsal(model, model.config.text.terms)
    kinds = len(model.config.categories) * len(model.config.colors)
    assert len(data) == 512
    assert len(np.unique(data.attributes, axis=0)) == kinds
    assert len(data.vectors) == 2 * kinds
    assert (data.texts[..., 0] != data.texts[..., 1]).all()


def test_joined_sets_weigh_the_same(trained: dict[str, Path]) -> None:
    model = ModelFolder(trained["vae"])
    data = rehearsal(model, model.config.text.terms)
    few = data.few(50)
    both = few.joined(data)
    assert np.bincount(both.epoch, minlength=562).tolist() == [10] * 50 + [1] * 512
    np.testing.assert_array_equal(both.vectors[both.texts[0]], few.vectors[few.texts[0]])
    np.testing.assert_array_equal(both.pixels[50], data.pixels[0])
    np.testing.assert_array_equal(both.vectors[both.texts[50]], data.vectors[data.texts[0]])


def test_groups_outlive_the_joining(trained: dict[str, Path]) -> None:
    model = ModelFolder(trained["vae"])
    data = replace(rehearsal(model, model.config.text.terms), group=4)
    few = replace(data.few(40), kinds=np.arange(40) // 20)
    both = few.joined(data)
    assert both.kinds is not None
    groups = both._rows(0, len(both.epoch) // 4 * 4, 1).reshape(-1, 4)
    alike = [len(set(both.kinds[g])) == 1 for g in groups if both.rehearsed[g].sum() == 0]
    assert np.mean(alike) > 0.9
    # No picture is its own neighbour.
    assert np.mean([len(set(g)) == 4 for g in groups]) > 0.9


TEXT = 6


def saved(folder: Path, network: torch.nn.Module, terms: tuple[str, ...]) -> Any:
    """What ``take_over`` asks of a model folder."""
    save_torch(network.state_dict(), folder / "model.safetensors")
    text = SimpleNamespace(terms=terms)
    config = SimpleNamespace(name="small", text=text, architecture={"condition_dim": TEXT + len(terms)}, files={})
    return SimpleNamespace(path=folder, config=config, file=folder.joinpath)


def generator(resolution: int, terms: tuple[str, ...]) -> torch.nn.Module:
    settings = {"resolution": resolution, "condition_dim": TEXT + len(terms), "channels": 8, "width": 16, "latent": 4}
    network = training_parts("gan").Network(config_class("gan").model_validate(settings)).generator
    for block in network.drawer.blocks:
        # Blocks that have learned something.
        if resolution == 64:
            torch.nn.init.normal_(block.conv2.weight, std=0.05)
    return network


def test_a_larger_network_begins_with_a_smaller_ones_picture(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before, now = ("category:hat", "color:red", "color:blue"), ("category:teapot", "color:blue", "category:hat")
    old, new = generator(64, before), generator(128, now)
    take_over(new, saved(tmp_path, old, before), now)
    latent, told = torch.randn(8, 4), torch.randn(8, TEXT + 3)
    told[:, TEXT + 1] = 0
    moved = told[:, [*range(TEXT), TEXT + 1, TEXT + 2, TEXT]]
    with torch.no_grad():
        small, large = F.avg_pool2d(old(latent, told), 16), F.avg_pool2d(new(latent, moved), 32)
        other = F.avg_pool2d(new(latent, told), 32)
    ours, theirs = (large - small).abs().mean(), (other - small).abs().mean()
    assert ours < 0.5 * theirs
    assert ours < 0.1 * small.std()


def test_an_adapted_model_draws_at_first_what_it_drew_whatever_new_terms_ask(tmp_path: Path) -> None:
    before, now = ("category:hat", "color:red"), ("category:bag", "category:hat", "color:red")
    old, new = generator(64, before), generator(64, now)
    load_weights(new, saved(tmp_path, old, before), now)
    latent, told = torch.randn(4, 4), torch.randn(4, TEXT + 3)
    with torch.no_grad():
        known = old(latent, told[:, [*range(TEXT), TEXT + 1, TEXT + 2]])
        torch.testing.assert_close(new(latent, told), known, atol=1e-4, rtol=0)


def test_weights_of_another_form_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackshotError, match="do not fit"):
        load_weights(generator(128, ()), saved(tmp_path, generator(64, ()), ()), ())


def test_a_model_that_has_nothing_in_common_is_no_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = torch.nn.Linear(3, 3)
    before = other.weight.clone()
    take_over(other, saved(tmp_path, generator(64, ()), ()), ())
    assert torch.equal(other.weight, before)
    assert "begins with 0 of 2 tensors" in capsys.readouterr().err
