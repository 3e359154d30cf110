"""A model that has memorised its training pictures is found out, and its copies are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation import evaluate as room
from packshot.evaluation.evaluate import Settings, judge
from packshot.evaluation.prompts import Prompt
from packshot.evaluation.reference import Reference, kind_of
from packshot.features.lite0 import Lite0
from packshot.generation.copies import CopyGuard
from packshot.generation.generator import Generated, Generator
from packshot.generation.models import open_model


class Replayer(Generator):
    """Answers a description with a training picture of the kind that it asks for."""

    reference: Reference

    def pictures(self, wanted: Iterable[tuple[str, int]], _options: Any = None) -> Iterator[Generated]:
        known = self.reference.attributes("train")
        for text, seed in wanted:
            asked = self.vocabulary.parse(text)
            alike = [i for i, a in enumerate(known) if kind_of(a) == kind_of(asked)]
            (picture,) = self.reference.pictures("train", [alike[seed % len(alike)]])
            yield Generated(text, seed, picture, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reference(catalog_path: Path) -> Reference:
    return Reference(Catalog(catalog_path), 64, "pad")


@pytest.fixture
def model(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> ModelFolder:
    monkeypatch.setattr(Replayer, "reference", reference, raising=False)
    monkeypatch.setattr(room, "Generator", Replayer)
    return open_model(None)


def test_the_figures_of_a_memorising_model_say_so(model: ModelFolder, reference: Reference) -> None:
    prompts = [Prompt("red dress", "en", {"category": ("dress",), "color": ("red",)})]
    result = judge(model, reference, prompts, Settings(images=60, seeds=2))
    memory = result["memorisation"]
    assert memory["near_copies"]["low"] > 0.8
    assert memory["authenticity"]["high"] < 0.2 < memory["authenticity_real"]["value"]
    assert all(entry["near_copy"] for entry in memory["closest"])
    # By every other figure it is the best of models: copies are good pictures.
    assert result["scores"]["kid"]["low"] < 0.01
    assert result["scores"]["precision"]["value"] > 0.6


def _softly(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As a small model remembers it: details gone, colors a little off."""
    soft = Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1.5))
    return np.clip(np.asarray(soft) * 0.98 + 3, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "change",
    [_softly, lambda picture: picture[:, ::-1], lambda picture: np.roll(picture, 2, axis=1)],
    ids=["soft", "mirrored", "shifted"],
)
def test_changed_copies_are_copies(change: Any, reference: Reference) -> None:
    pictures = [change(picture) for picture in reference.pictures("train", range(0, 40, 2))]
    closeness, skus = reference.neighbour_index().nearest(pictures, Lite0(1))
    assert (closeness < 1).mean() >= 0.9
    assert np.mean([sku == reference.sku("train", row) for sku, row in zip(skus, range(0, 40, 2), strict=True)]) >= 0.9


def test_held_out_pictures_are_none(reference: Reference) -> None:
    closeness, _ = reference.neighbour_index().nearest(list(reference.pictures("test")), Lite0(1))
    assert (closeness < 1).sum() <= 2


def test_every_copy_is_refused(model: ModelFolder, reference: Reference) -> None:
    guard = CopyGuard(Replayer(model), reference.neighbour_index(), tries=3)
    found = list(guard.pictures([("red dress", seed) for seed in range(4)]))
    assert all(g.image is None for g in found)
    assert all(len(g.copied) == 3 for g in found)
    assert "refused" in found[0].told
