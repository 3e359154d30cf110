"""Finding modes, training with them, adapting what has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from packshot.artifact import ModelFolder
from packshot.families.common.family import SamplingOptions
from packshot.features.appearance import Appearance
from packshot.generation.generator import Generator
from packshot.generation.modes import modes_of
from packshot.training import material
from packshot.training.adapt import _everything, recalled, rehearsal
from packshot.training.modes import Found, find_modes, fit_modes
from packshot.training.recipe import load_recipe
from packshot.training.train import train

from ..conftest import SMALL


def blobs(sizes: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points around far-apart centres, and which centre each belongs to."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    places = 10 * np.eye(len(sizes), 8)
    return (places[truth] + 0.3 * rng.standard_normal((len(truth), 8))).astype(np.float32), truth


def test_groups_that_are_there_are_found() -> None:
    points, truth = blobs([20, 25, 15])
    centres, own = find_modes(points, ["shoes"] * 60, 20)
    assert len(centres) == 3
    assert all(len(set(own[truth == k])) == 1 for k in range(3))
    np.testing.assert_allclose(centres[own[0]], points[truth == 0].mean(axis=0), atol=1e-5)
    np.testing.assert_array_equal(find_modes(points, ["shoes"] * 60, 20)[1], own)


def test_a_mode_is_of_one_kind_and_of_several_pictures() -> None:
    points, _ = blobs([40, 2, 40])
    kinds = ["boots", "heels"] * 41
    centres, own = find_modes(points, kinds, 5)
    assert all(len({kinds[i] for i in np.flatnonzero(own == k)}) == 1 for k in range(len(centres)))
    assert np.bincount(own).min() >= 6
    # What few pictures share could be learned by heart: kinds of one or two are one mode together.
    points, _ = blobs([20, 1, 2, 1])
    centres, own = find_modes(points, ["dress"] * 20 + ["watch", "belt", "belt", "tie"], 5)
    assert len(set(own[20:])) == 1
    assert own[20] not in own[:20]
    # Pictures that are all the same are one mode, however many were wanted.
    assert len(find_modes(np.zeros((50, 8), np.float32), [""] * 50, 5)[0]) == 1


def test_the_prior_knows_which_mode_a_description_shows() -> None:
    rng = np.random.default_rng(0)
    asked = rng.integers(0, 3, 300)
    # The first two descriptions have a mode each, the third has two.
    shown = np.where(asked == 2, 2 + rng.integers(0, 2, 300), asked)
    space = Appearance(*(np.zeros(s, np.float32) for s in ((1280,), (1280, 3), (64,), (64, 2))))
    conditions = (np.eye(3)[asked] + 0.1 * rng.standard_normal((300, 3))).astype(np.float32)
    modes = fit_modes(Found(space, np.zeros((4, 5), np.float32), np.zeros((4, 3), bool), conditions, shown))
    chances = modes.chances(np.eye(3, dtype=np.float32))
    assert chances[0, 0] > 0.85
    assert chances[1, 1] > 0.85
    assert chances[2, 2:].sum() > 0.85
    assert chances[2, 2:].min() > 0.3


def test_a_mode_decides_what_is_drawn(trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained["gan"]))
    modes = generator.modes
    assert modes is not None
    assert generator.told("red dress", 1).shape[1] == generator.condition("red dress").shape[1] + modes.dim
    told = [generator.told("red dress", 1, np.array([k])) for k in (0, len(modes.centres) - 1)]
    pictures = [generator._sampler.sample(one, [1], SamplingOptions()) for one in told]
    assert np.abs(pictures[0] - pictures[1]).mean() > 1e-3


@pytest.mark.usefixtures("bare")
def test_an_adapted_model_keeps_its_modes_and_has_those_of_the_new_pictures(
    trained: dict[str, Path], catalog_path: Path, tmp_path: Path
) -> None:
    origin = ModelFolder(trained["gan"])
    recipe = load_recipe("gan", SMALL["gan"], steps=2)
    adapted = train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False, origin=origin.path)
    before, after = modes_of(origin), modes_of(adapted)
    assert before is not None
    assert after is not None
    assert len(after.centres) > len(before.centres)
    np.testing.assert_array_equal(after.centres[: len(before.centres)], before.centres)
    np.testing.assert_array_equal(after.appearance.basis, before.appearance.basis)
    # The weights by which the network understands modes are taken over: hardly moved in two steps.
    ours, theirs = load_file(adapted.file("model.safetensors")), load_file(origin.file("model.safetensors"))
    name = "condition.net.0.weight"
    np.testing.assert_allclose(ours[name][:, -before.dim :], theirs[name][:, -before.dim :], atol=0.01)
    assert np.abs(theirs[name][:, -before.dim :].astype(float)).mean() > 0.005


@pytest.mark.usefixtures("bare")
def test_a_training_that_is_resumed_goes_on_with_the_modes_that_it_began_with(
    catalog_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe("gan", SMALL["gan"], steps=2)
    # What a beginning that was killed has left stands in nobody's way, and is not believed.
    work = tmp_path / "m" / "training"
    work.mkdir(parents=True)
    (work / "modes.npz").write_bytes(b"of another catalog")
    first = modes_of(train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False))
    monkeypatch.setattr(material, "find_modes", None)
    again = modes_of(train(catalog_path, tmp_path / "m", None, budget=None, resume=True))
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(again.centres, first.centres)


def test_what_is_recalled_are_the_modes_that_the_model_draws(trained: dict[str, Path]) -> None:
    origin = ModelFolder(trained["gan"])
    generator, modes = Generator(origin), modes_of(origin)
    assert modes is not None
    # A shop's own six dresses, a kind that the model knows.
    dresses = np.repeat(generator.conditioner.encode(["red dress", "连衣裙"]), 6, axis=0)
    lone = (dresses[:1] >= 1) & modes.kinds.any(axis=0)
    new = Found(modes.appearance, modes.centres[:1] + 9, lone, dresses, np.zeros(12, int))
    both = recalled(new, origin, generator.conditioner)
    own = both.shown == len(modes.centres)
    assert len(both.centres) == len(modes.centres) + 1
    np.testing.assert_array_equal(both.kinds, np.concatenate([modes.kinds, lone]))
    for row in np.flatnonzero(~own)[::7]:
        assert modes.chances(both.conditions[row : row + 1])[0, both.shown[row]] > 0
    # What the shop has is drawn often, of that kind, and nowhere else.
    after = fit_modes(both)
    dress, trousers = (after.chances(generator.condition(text))[0, -1] for text in ("red dress", "red trousers"))
    assert dress > 0.3
    assert trousers == 0


def test_a_rehearsal_is_told_of_the_modes_that_its_pictures_were_drawn_with(trained: dict[str, Path]) -> None:
    origin = ModelFolder(trained["gan"])
    generator, (_, said) = Generator(origin), _everything(origin)
    data = rehearsal(origin, origin.config.text.terms)
    assert data.modes is not None
    assert data.kinds is not None
    for i in (0, 101, 311):
        told = generator.told(said[data.kinds[i]][i % 2], i)
        np.testing.assert_array_equal(data.modes[i], told[0, -data.modes.shape[1] :])
