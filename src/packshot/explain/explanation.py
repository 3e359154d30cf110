"""Everything that can be said of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.explain.directions import Direction, directions
from packshot.explain.words import MOST_WORDS, Word, word_maps, words_of
from packshot.features.index import NAME, NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.features.neighbours import nearest
from packshot.finishing.label import GenerationRecord
from packshot.generation.coverage import warnings_for
from packshot.generation.generator import Generator
from packshot.images.resize import to_square

_NEAREST = 6
_THUMBNAIL = 128


@dataclass(frozen=True)
class Neighbour:
    """A training product like the picture.

    Attributes:
        distance: of their lite0 features.
        picture: (128, 128, 3) uint8, where the catalog was given; else None.
    """

    sku: str
    distance: float
    picture: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Explanation:
    """What is known of one picture.

    Attributes:
        picture: (s, s, 3) uint8.
        words: what each word does, in the order of the description.
        nearest: training products, the nearest first; empty without a neighbour index.
        near_copy: the distance below which a picture counts as a copy of a training picture; None without an index.
        directions: what the noise steers.
        notes: what is missing, and what the model was never trained on.
        record: of the picture, for the labels of a file that shows it.
    """

    text: str
    seed: int
    model: str
    picture: NDArray[np.uint8]
    words: tuple[Word, ...]
    nearest: tuple[Neighbour, ...]
    near_copy: float | None
    directions: tuple[Direction, ...]
    notes: tuple[str, ...]
    record: GenerationRecord


def explain(generator: Generator, text: str, seed: int = 0, catalog: Path | None = None) -> Explanation:
    """Explain the picture that a model draws from a description.

    Args:
        text: a description in Chinese or English.
        seed: of the picture.
        catalog: that the model was trained on, to show the nearest products.

    Raises:
        PackshotError: the description is empty, or there is no such catalog.
    """
    shown = Catalog(catalog) if catalog else None
    drawn = generator.picture(text, seed)
    words = word_maps(generator, drawn.text, seed)
    notes = warnings_for(text, generator.model.config, generator.vocabulary)
    if not words:
        notes.append("the description is a single word, so no word can be left out")
    if len(words_of(drawn.text, generator.vocabulary)) > MOST_WORDS:
        notes.append(f"only the first {MOST_WORDS} words were looked at")
    neighbours: tuple[Neighbour, ...] = ()
    threshold = None
    if (generator.model.path / NAME).is_file():
        index = NeighbourIndex.load(generator.model.path)
        neighbours, threshold = _neighbours(drawn.pixels, index, generator.threads, shown), index.limits[0]
    else:
        notes.append("the model brings no neighbour index (packshot evaluate --neighbours), so no products are shown")
    return Explanation(
        drawn.text,
        seed,
        generator.model.config.name,
        drawn.pixels,
        tuple(words),
        neighbours,
        threshold,
        tuple(directions(generator, drawn.text, seed)),
        tuple(notes),
        drawn.record,
    )


def _neighbours(
    pixels: NDArray[np.uint8], index: NeighbourIndex, threads: int, catalog: Catalog | None
) -> tuple[Neighbour, ...]:
    apart, rows = nearest(Lite0(threads).embed([pixels]), index.vectors, _NEAREST)
    skus = [str(index.skus[row]) for row in rows[0]]
    pictures = _pictures(catalog, skus) if catalog else {}
    return tuple(Neighbour(sku, float(d), pictures.get(sku)) for sku, d in zip(skus, apart[0], strict=True))


def _pictures(catalog: Catalog, skus: list[str]) -> dict[str, NDArray[np.uint8]]:
    rows = {sku: row for row, sku in enumerate(catalog.train["sku"].to_list()) if sku in set(skus)}
    if not rows:
        raise PackshotError(
            "none of the nearest products is in the catalog", catalog.path, "Was the model trained on it?"
        )
    order = sorted(rows.items(), key=lambda item: item[1])
    pictures = catalog.images("train", [row for _, row in order])
    return {sku: to_square(picture, _THUMBNAIL, "pad") for (sku, _), picture in zip(order, pictures, strict=True)}
