"""Probes on real pictures, adherence of drawn ones, and held-out scores of pictures from anywhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.evaluation.adherence import adherence
from packshot.evaluation.held_out import held_out_scores
from packshot.evaluation.probes import Probes, color_name, fit_probes
from packshot.evaluation.prompts import Prompt, default_prompts, read_prompts
from packshot.evaluation.reference import Reference
from packshot.features.lite0 import Lite0
from packshot.features.softmax import fit_softmax, softmax
from packshot.generation.models import open_model
from packshot.text.attributes import load_vocabulary

from ..conftest import COLORS, KINDS, draw_product


@pytest.fixture(scope="module")
def reference(catalog_path: Path) -> Reference:
    return Reference(Catalog(catalog_path), 64, "pad")


@pytest.fixture(scope="module")
def probes(reference: Reference) -> Probes:
    return reference.probes


def _drawn(count: int, seed: int = 99) -> tuple[list[np.ndarray], list[dict[str, tuple[str, ...]]]]:
    rng = np.random.default_rng(seed)
    asked = [(list(KINDS)[i % 3], list(COLORS)[i % 4]) for i in range(count)]
    pictures = [draw_product(kind, color, rng) for kind, color in asked]
    return pictures, [{"category": (kind,), "color": (color,)} for kind, color in asked]


def test_the_regression_separates_what_can_be_separated() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    features = rng.standard_normal((300, 20)) + 4 * np.eye(20)[labels]
    weights, offsets = fit_softmax(features[:200], labels[:200], 3)
    chances = softmax(features[200:] @ weights + offsets)
    assert np.allclose(chances.sum(axis=1), 1)
    assert (chances.argmax(axis=1) == labels[200:]).mean() > 0.95


def test_probes_know_real_pictures_and_say_how_well(probes: Probes) -> None:
    assert list(probes.categories) == sorted(KINDS)
    assert probes.ceilings.min() > 0.8
    assert probes.confusion.sum() == probes.color_confusion.sum() > 10
    # A drawn black is now and then tinted so far that it is a navy.
    assert all(probes.color_ceilings[c] > (0.7 if c == "black" else 0.8) for c in COLORS)


def test_probes_score_what_was_asked(probes: Probes) -> None:
    pictures, asked = _drawn(12)
    right = probes.score(pictures, asked)
    kinds = list(KINDS)
    turned = [{"category": (kinds[(i + 1) % 3],), "color": ("purple",)} for i in range(12)]
    wrong = probes.score(pictures, turned)
    assert np.mean([s.category for s in right]) > 0.8 > 0.2 > np.mean([s.category for s in wrong])
    assert min(s.color for s in right) > 0.5 > 0.1 > max(s.color for s in wrong)
    nothing = probes.score(pictures[:1], [{}])[0]
    assert nothing == (None, None)
    assert nothing.value is None
    narrower = probes.score(pictures[:1], [{"category": ("dress",), "color": ("red", "blue")}])[0]
    assert narrower.value == pytest.approx((narrower.category + narrower.color) / 2)


def test_probes_survive_the_disk_and_damage_is_said(probes: Probes, tmp_path: Path) -> None:
    path = tmp_path / "probes.npz"
    probes.save(path)
    pictures, asked = _drawn(3)
    assert Probes.load(path).score(pictures, asked) == probes.score(pictures, asked)
    content = bytearray(path.read_bytes())
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(PackshotError, match="damaged"):
        Probes.load(path)
    with pytest.raises(PackshotError, match="no probes"):
        Probes.load(tmp_path / "nowhere.npz")


def test_a_blank_picture_has_no_color() -> None:
    assert color_name(np.full((64, 64, 3), 255, np.uint8)) in (None, "white")
    assert color_name(draw_product("dress", "blue", np.random.default_rng(1))) == "blue"


def test_adherence_is_a_share_of_the_ceiling_by_language_and_kind(probes: Probes) -> None:
    """Pictures that show what was asked reach the ceiling; of those that show something else, chance is left."""
    rng, seeds = np.random.default_rng(3), 4
    prompts = [
        Prompt(f"{c} {k}", language, {"category": (k,), "color": (c,)})
        for k in KINDS
        for c in ("red", "blue")
        for language in ("zh", "en")
    ]

    def pictures(obedient: set[str]) -> list[np.ndarray]:
        return [
            draw_product(p.asked["category"][0] if p.language in obedient else "hat", p.asked["color"][0], rng)
            for p in prompts
            for _ in range(seeds)
        ]

    drawn = pictures({"zh", "en"})
    found = adherence(probes, prompts, probes.embed(drawn), [color_name(p) for p in drawn])
    assert (found["descriptions"], found["seeds"]) == (12, seeds)
    assert found["category"]["of_ceiling"]["value"] > 0.9
    assert found["color"]["accuracy"]["value"] > 0.9
    assert found["color"]["accuracy"]["n"] == 48
    assert np.sum(found["confusion"]["generated"]) == 48
    drawn = pictures({"en"})
    found = adherence(probes, prompts, probes.embed(drawn), [color_name(p) for p in drawn])
    assert found["en"]["category"]["accuracy"]["value"] > 0.9
    assert found["zh"]["category"]["accuracy"]["value"] == pytest.approx(1 / 3, abs=0.1)
    assert found["per_category"]["dress"]["category"]["accuracy"]["value"] == pytest.approx(0.5, abs=0.1)
    both = found["category"]["accuracy"]
    assert both["low"] < both["value"] < both["high"]


def test_a_shop_of_one_kind_is_judged_by_color(tmp_path: Path) -> None:
    rng, lite0 = np.random.default_rng(3), Lite0()
    known = [{"category": ("hat",), "color": (c,)} for c in ("red", "blue") for _ in range(8)]
    drawn = [draw_product("hat", a["color"][0], rng) for a in known]
    real, named = (lite0.embed(drawn), known), [color_name(p) for p in drawn]
    fit_probes(lite0, 64, "pad", real, real, named).save(tmp_path / "probes.npz")
    probes = Probes.load(tmp_path / "probes.npz")
    prompts = [Prompt("red hat", "en", known[0]), Prompt("蓝色帽子", "zh", known[8])]
    found = adherence(probes, prompts, probes.embed(drawn), named)
    assert found["category"] is None
    assert found["per_category"] == {}
    assert found["color"]["accuracy"]["value"] > 0.9
    assert probes.score(drawn[:1], known[:1])[0].category is None
    assert (probes.score(drawn[:1], known[:1])[0].color or 0) > 0.8


def test_held_out_scores_tell_good_pictures_from_bad_ones(reference: Reference) -> None:
    pictures, asked = _drawn(48)
    good = held_out_scores(pictures, asked, reference)
    noise = np.random.default_rng(5).integers(0, 256, (48, 64, 64, 3), dtype=np.uint8)
    bad = held_out_scores(list(noise), asked, reference)
    assert good["kid"] < bad["kid"]
    assert good["fid"] < bad["fid"]
    assert good["precision"] > bad["precision"] == 0
    assert good["category"] > 0.8 > bad["category"]
    assert good["color"] > 0.9 > bad["color"]


def test_prompts_are_read_and_what_they_leave_out_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text("text,category,color\nblack thing,T-Shirt,black\n红色连衣裙,,\n", encoding="utf-8-sig")
    first, second = read_prompts(path)
    assert (first.language, first.asked["category"], first.asked["color"]) == ("en", ("t-shirt",), ("black",))
    assert (second.language, second.asked["category"], second.asked["color"]) == ("zh", ("dress",), ("red",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no descriptions"),
        ("words\nred dress\n", "description is missing"),
        ("text,category\nred dress,spaceship\n", "unknown category 'spaceship'"),
        ("text,color\nred dress,infrared\n", "unknown color"),
    ],
)
def test_a_bad_prompt_file_is_said(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text(content)
    with pytest.raises(PackshotError, match=message):
        read_prompts(path)


def test_default_prompts_ask_for_kinds_and_colors_evenly_and_in_both_languages() -> None:
    config, vocabulary = open_model(None).config, load_vocabulary()
    prompts = default_prompts(config, vocabulary)
    kinds = Counter(p.asked["category"][0] for p in prompts)
    colors = Counter(p.asked["color"][0] for p in prompts)
    assert list(kinds) == list(config.categories[:12])
    assert set(kinds.values()) == {8}
    assert set(colors) == set(config.colors)
    assert max(colors.values()) - min(colors.values()) <= 2
    assert sum(p.language == "zh" for p in prompts) == len(prompts) / 2
    assert all(vocabulary.parse(p.text)["color"] == p.asked["color"] for p in prompts)
