"""Modes of a catalog: what is drawn where a description leaves it open."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from packshot.artifact import ModelFolder, sha256
from packshot.errors import PackshotError
from packshot.families.common.family import SamplingOptions
from packshot.features.appearance import Appearance, fit_appearance, outlines
from packshot.generation.generator import Generator
from packshot.generation.modes import FILE, Modes, modes_of

from ..conftest import draw_product


def some_modes() -> Modes:
    """Two inputs; the first asks for the first of three modes, mostly."""
    rng = np.random.default_rng(0)
    appearance = Appearance(*(rng.standard_normal(s).astype(np.float32) for s in ((1280,), (1280, 3), (64,), (64, 2))))
    weights = np.array([[3.0, 1.0, -3.0], [0.0, 0.0, 4.0]], np.float32)
    centres = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 2]], np.float32)
    return Modes(appearance, centres, weights, np.zeros(3, np.float32), np.zeros((3, 2), bool))


def test_seeds_draw_modes_as_often_as_the_prior_says_and_unlikely_ones_never() -> None:
    modes = some_modes()
    condition = np.array([[1.0, 0.0]], np.float32)
    chances = modes.chances(condition)[0]
    whole = np.exp([3.0, 1.0, -3.0])
    # The third is no part of the likeliest nine tenths.
    np.testing.assert_allclose(chances, [*(whole[:2] / whole[:2].sum()), 0], rtol=1e-6)
    drawn = modes.drawn(np.repeat(condition, 2000, axis=0), range(2000))
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 2000, chances, atol=0.03)
    np.testing.assert_array_equal(modes.drawn(condition, [7]), modes.drawn(condition, [7]))


def test_a_kind_that_is_named_is_drawn_and_no_other() -> None:
    # Inputs: one of the sentence, shoes, boots, which are shoes, and hats. The sentence always wants the third mode.
    kinds = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], bool)
    weights = np.zeros((4, 3), np.float32)
    weights[0, 2] = 9
    plain = some_modes()
    modes = Modes(plain.appearance, plain.centres, weights, plain.offsets, kinds)
    shoes, boots, hat, nothing, both = [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0], [1, 1, 0, 0.5]
    chances = modes.chances(np.array([shoes, boots, hat, nothing, both], np.float32))
    np.testing.assert_allclose(chances, [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0.5, 0.5, 0]], atol=1e-3)
    # A kind that no mode shows leaves it to the sentence.
    np.testing.assert_allclose(modes.chances(np.array([[1, 0, 1, 1]], np.float32)), [[0, 0, 1]], atol=1e-3)


def test_what_a_generator_is_told_is_the_condition_and_its_mode() -> None:
    told = some_modes().told(np.array([[0.5, 2.0]], np.float32), np.array([2]))
    np.testing.assert_array_equal(told, [[0.5, 2, 0, 0, 0, 0, 2]])
    np.testing.assert_array_equal(some_modes().nearest(np.array([[0, 0.4, 0, 0, 0], [0, 0, 0, 0, 9]])), [1, 2])


def test_appearances_tell_a_dress_from_a_hat_and_not_left_from_right() -> None:
    rng = np.random.default_rng(1)
    pictures = np.stack([draw_product(kind, "red", rng) for kind in ("dress", "hat") for _ in range(6)])
    appearance = fit_appearance(rng.standard_normal((12, 1280)), outlines(pictures))
    shapes = appearance.of(np.zeros((12, 1280), np.float32), outlines(pictures))[:, -8:]
    within = np.linalg.norm(shapes[:6] - shapes[:6].mean(axis=0), axis=1).mean()
    assert np.linalg.norm(shapes[:6].mean(axis=0) - shapes[6:].mean(axis=0)) > 1.5 * within
    np.testing.assert_allclose(outlines(pictures[:, :, ::-1]), outlines(pictures), atol=1e-6)


def test_saved_modes_are_read_again_and_a_damaged_file_is_told(trained: dict[str, Path], tmp_path: Path) -> None:
    modes, source = some_modes(), ModelFolder(trained["gan"])
    content = json.loads((source.path / "config.json").read_text(encoding="utf-8"))
    modes.save(tmp_path)

    def seal() -> ModelFolder:
        content["files"][FILE] = sha256(tmp_path / FILE)
        (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
        return ModelFolder(tmp_path)

    again = modes_of(seal())
    assert again is not None
    np.testing.assert_array_equal(again.centres, modes.centres)
    np.testing.assert_allclose(again.appearance.basis, modes.appearance.basis, rtol=1e-3)
    (tmp_path / FILE).write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(PackshotError, match="modes are damaged"):
        modes_of(seal())


def test_a_model_without_modes_is_told_its_description_alone(trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained["vae"]))
    assert generator.modes is None
    np.testing.assert_array_equal(generator.told("red dress", 4), generator.condition("red dress"))


def test_a_picture_that_is_varied_keeps_its_own_mode(trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained["vae"]))
    modes = Mock(spec=Modes)
    modes.drawn.return_value = "drawn"
    modes.nearest.return_value = "nearest"
    # A model of another family, which is told nothing more than it knows.
    modes.told.side_effect = lambda condition, _: condition
    generator.modes = modes
    modes.appearance = Mock(spec=Appearance)
    like = generator.like(draw_product("dress", "red", np.random.default_rng(3)))
    list(generator.pictures([("red dress", 1), ("blue hat", 2)], SamplingOptions(like=like)))
    list(generator.pictures([("red dress", 1)]))
    assert [call.args[1] for call in modes.told.call_args_list] == ["nearest", "nearest", "drawn"]
    assert modes.appearance.embed.call_args.args[0].shape == (1, 32, 32, 3)
