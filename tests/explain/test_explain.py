"""Words that move pixels, nearest products, directions of the noise."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.cli import run
from packshot.explain import Explanation, explain
from packshot.explain.directions import _Pen
from packshot.explain.words import without, words_of
from packshot.explain.write import page
from packshot.features.index import NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail
from packshot.finishing.label import read_labels
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.images.color import to_lab
from packshot.text.attributes import load_vocabulary


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(open_model(None))


@pytest.fixture(scope="module")
def found(generator: Generator) -> Explanation:
    return explain(generator, "Red shirt with long sleeves", seed=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("red striped dress", ["red", "striped", "dress"]),
        ("红色纯棉连衣裙", ["红色", "纯棉", "连衣裙"]),
        ("夏日微风，红色连衣裙", ["夏日微风", "红色", "连衣裙"]),
        ("men's long-sleeve top, 42", ["men's", "long-sleeve top", "42"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    spans = words_of(text, load_vocabulary())
    assert [text[a:b] for a, b in spans] == words


def test_a_word_is_left_out_cleanly() -> None:
    assert without("red striped dress", 4, 11) == "red dress"
    assert without("红色连衣裙", 0, 2) == "连衣裙"
    assert without("dress", 0, 5) == ""


def test_a_color_moves_the_product_and_a_sleeve_the_sleeve(found: Explanation) -> None:
    effect = {w.word: w for w in found.words}
    assert list(effect) == ["Red", "shirt", "with", "long sleeves"]
    assert effect["Red"].effect > effect["with"].effect
    product = found.picture.min(axis=-1) < 200
    inside, outside = effect["Red"].change[product].mean(), effect["Red"].change[~product].mean()
    assert inside > 3 * outside
    # A sleeve lies to the sides, not in the middle of the shirt.
    change = effect["long sleeves"].change
    side = len(change)
    sides, middle = [*range(side // 4), *range(side * 3 // 4, side)], slice(side * 7 // 16, side * 9 // 16)
    assert change[:, sides][product[:, sides]].mean() > 1.5 * change[side * 5 // 16 : side * 11 // 16, middle].mean()


def test_an_effect_is_the_difference_of_the_pictures_with_and_without(found: Explanation, generator: Generator) -> None:
    own = []
    for seed in range(3, 7):
        wanted = [(text, seed) for text in (found.text, "shirt with long sleeves")]
        # In one mode, or another product might be drawn for want of a word.
        pair = generator.pictures(wanted, mode=generator.mode(found.text, seed))
        with_it, without_it = (drawn.pixels for drawn in pair)
        own.append(np.linalg.norm(to_lab(with_it) - to_lab(without_it), axis=-1).mean())
    assert found.words[0].effect == pytest.approx(np.mean(own), rel=1e-5)


def test_directions_change_the_picture_more_than_random_ones(found: Explanation, generator: Generator) -> None:
    assert [d.share for d in found.directions] == sorted((d.share for d in found.directions), reverse=True)
    assert sum(d.share for d in found.directions) <= 1
    strip = found.directions[0].strip.astype(float)
    side = len(strip)
    middle = strip[:, 3 * side : 4 * side]
    np.testing.assert_array_equal(middle, found.picture)
    pen, rng = _Pen(generator, found.text), np.random.default_rng(0)
    base, latent = pen.draw(3)
    length = 0.15 * np.linalg.norm(latent)
    random = []
    for _ in range(8):
        way = rng.standard_normal(latent.shape)
        random.append(np.abs(pen.draw(3, length * way / np.linalg.norm(way))[0] - base).mean() * 127.5)
    assert np.abs(strip[:, 4 * side : 5 * side] - middle).mean() > 1.5 * np.mean(random)


def test_the_nearest_products(generator: Generator, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(generator.model.path, tmp_path / "model"))
    own = Generator(open_model(folder))
    pictures = [own.picture(text, 1).pixels for text in ("red dress", "black shoes", "blue trousers")]
    vectors = Lite0().embed(pictures).astype(np.float16)
    thumbnails = Thumbnail().embed(pictures).astype(np.float16)
    NeighbourIndex(vectors, thumbnails, np.array(["R", "S", "T"]), (0.5, 0.5)).save(folder)
    nearest = explain(own, "black shoes", seed=1).nearest
    assert nearest[0].sku == "S"
    assert nearest[0].distance < nearest[1].distance


def test_a_single_word_says_so(generator: Generator) -> None:
    alone = explain(generator, "dress")
    assert alone.words == ()
    assert any("single word" in note for note in alone.notes)


def test_words_that_move_nothing_are_shown_as_such(found: Explanation) -> None:
    still = replace(found, words=tuple(replace(word, effect=0.0) for word in found.words))
    assert "rgba(var(--heat)" not in page(still).decode()


def test_page_picture_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'red dress <img src="x">'
    assert run(["explain", text, "-o", str(tmp_path / "e.html"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [w["word"] for w in result["words"]] == ["red", "dress"]
    html = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 3 + len(result["directions"])
    assert not re.search(r"<script|<img src=\"x|https?://", html)
    assert run(["explain", "红色连衣裙", "-o", str(tmp_path / "e.png")]) == 0
    with Image.open(tmp_path / "e.png") as image:
        assert image.width > 900
    # It shows pictures that a model made, and says so.
    assert read_labels((tmp_path / "e.png").read_bytes()).source_term == "trainedAlgorithmicMedia"
    assert run(["explain", "red dress", "-o", str(tmp_path / "e.json")]) == 0
    assert json.loads((tmp_path / "e.json").read_text())["text"] == "red dress"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["red dress", "-o", "{tmp}/e.pdf"], 2, "unknown form"),
        (["", "-o", "{tmp}/e.html"], 2, "empty description"),
        (["red dress", "-o", "{tmp}/e.html", "-m", "{tmp}/none"], 1, "no such model"),
        (["red dress", "-o", "{tmp}/e.html", "--catalog", "{tmp}/none"], 1, "no catalog here"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", *(a.format(tmp=tmp_path) for a in arguments)]) == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
