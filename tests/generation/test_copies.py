"""Near-copies of training pictures are drawn again or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.features.index import NAME, NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail
from packshot.generation.copies import CopyGuard
from packshot.generation.generator import Generator
from packshot.generation.models import open_model


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(open_model(None), threads=1)


def _index(generator: Generator, copied: list[tuple[str, int]], threshold: float) -> NeighbourIndex:
    pictures = [image.pixels for image in generator.pictures(copied)]
    vectors, thumbnails = (f.embed(pictures).astype(np.float16) for f in (Lite0(1), Thumbnail()))
    return NeighbourIndex(vectors, thumbnails, np.array([f"P{seed}" for _, seed in copied]), (threshold, threshold))


def test_a_copy_is_drawn_again_from_another_seed_and_the_rest_is_untouched(generator: Generator) -> None:
    """The index holds what seed 3 draws, as if it had been trained on."""
    guard = CopyGuard(generator, _index(generator, [("red dress", 3)], 0.05))
    found = list(guard.pictures([("red dress", seed) for seed in range(2, 5)]))
    plain = list(generator.pictures([("red dress", seed) for seed in range(2, 5)]))
    assert [g.copied for g in found] == [(), ("P3",), ()]
    assert [g.seed for g in found] == [2, 3, 4]
    assert all(g.image is not None for g in found)
    for i in (0, 2):
        np.testing.assert_array_equal(found[i].image.pixels, plain[i].pixels)
    assert found[1].image.seed > 2**40
    assert (found[1].image.pixels != plain[1].pixels).any()
    again = next(iter(guard.pictures([("red dress", 3)])))
    np.testing.assert_array_equal(again.image.pixels, found[1].image.pixels)


def test_what_only_ever_copies_is_refused(generator: Generator) -> None:
    guard = CopyGuard(generator, _index(generator, [("red dress", 3)], 1e6), tries=3)
    (only,) = guard.pictures([("red dress", 3)])
    assert only.image is None
    assert only.copied == ("P3",) * 3


def test_the_index_survives_the_disk_and_damage_is_said(generator: Generator, tmp_path: Path) -> None:
    index = _index(generator, [("red dress", 3), ("黑色裤子", 4)], 0.7)
    with pytest.raises(PackshotError, match=r"no neighbour index.*--neighbours"):
        NeighbourIndex.load(tmp_path)
    index.save(tmp_path)
    loaded = NeighbourIndex.load(tmp_path)
    np.testing.assert_array_equal(loaded.vectors, index.vectors)
    np.testing.assert_array_equal(loaded.thumbnails, index.thumbnails)
    assert (list(loaded.skus), loaded.limits) == (["P3", "P4"], (0.7, 0.7))
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:-200])
    with pytest.raises(PackshotError, match="damaged"):
        NeighbourIndex.load(tmp_path)


def test_generate_says_what_it_refused(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = ["generate", "red dress", "--seed", "3", "-n", "2", "--no-copies", "-o", str(tmp_path / "o")]
    indexes = {"some": _index(generator, [("red dress", 3)], 0.05), "all": _index(generator, [("red dress", 3)], 1e6)}
    monkeypatch.setattr(NeighbourIndex, "load", lambda _folder: indexes["some"])
    assert run(wish) == 0
    told = capsys.readouterr()
    assert len(told.out.split()) == 2
    assert "seed 3" in told.err
    assert "P3" in told.err
    assert not (tmp_path / "o" / "red-dress-3.png").exists()
    monkeypatch.setattr(NeighbourIndex, "load", lambda _folder: indexes["all"])
    assert run([*wish[:-1], str(tmp_path / "none")]) == 1
    told = capsys.readouterr()
    assert "2 of 2 pictures" in told.err
    assert not (tmp_path / "none").exists()
