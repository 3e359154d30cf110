"""The real pictures that a model is judged by, prepared and measured once and kept in the catalog's cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from packshot.catalog import Catalog, Split
from packshot.engines import Engine
from packshot.errors import PackshotError
from packshot.evaluation.near_copies import threshold
from packshot.evaluation.probes import FORM, Probes, color_name, fit_probes
from packshot.features.base import Features
from packshot.features.cache import cached
from packshot.features.index import NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail
from packshot.images.resize import Fit, to_square
from packshot.progress import track
from packshot.text.attributes import Attributes

if TYPE_CHECKING:
    from packshot.artifact import ModelConfig

# Rows that one worker embeds at a time.
_CHUNK = 64


class Reference:
    """A catalog's real pictures at a model's resolution.

    Args:
        catalog: the catalog.
        resolution: side of the squares that pictures become, pixels.
        fit: how they become squares.
        without: flags of rows to leave out.
        features: what the metrics are measured on; lite0 by default.
        engine: where lite0 features of the pictures are computed; None is the threads of this process.

    Raises:
        PackshotError: fewer than 2 held-out or training pictures.
    """

    def __init__(
        self,
        catalog: Catalog,
        resolution: int,
        fit: Fit,
        without: Sequence[str] = (),
        features: Features | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.catalog, self.resolution, self.fit, self.engine = catalog, resolution, fit, engine
        self.features: Features = features or Lite0()
        self.rows: dict[Split, list[int]] = {s: catalog.rows(s, tuple(without)) for s in ("train", "test")}
        for rows, name in ((self.rows["test"], "held-out"), (self.rows["train"], "training")):
            if len(rows) < 2:
                raise PackshotError(f"only {len(rows)} {name} pictures, at least 2 are needed", catalog.path)

    @classmethod
    def of(
        cls, config: ModelConfig, catalog: Catalog, features: Features | None = None, engine: Engine | None = None
    ) -> Reference:
        """The reference for a model: pictures as it was trained on them."""
        return cls(catalog, config.resolution, config.fit, config.without, features, engine)

    @cached_property
    def held_out(self) -> NDArray[np.float32]:
        """(n, d) features of the held-out pictures."""
        return self._embedded("test", self.features)

    @cached_property
    def training(self) -> NDArray[np.float32]:
        """(n, d) features of the training pictures."""
        return self._embedded("train", self.features)

    def thumbnails(self, split: Split) -> NDArray[np.float32]:
        """(n, 192) thumbnails of the pictures of a split."""
        return self._embedded(split, Thumbnail())

    def attributes(self, split: Split) -> list[Attributes]:
        """What the catalog says of each picture."""
        every = self.catalog.attributes(split)
        return [every[i] for i in self.rows[split]]

    def descriptions(self, split: Split) -> list[tuple[str, str]]:
        """(English, Chinese) of each picture; the one it has where it has only one."""
        frame = self.catalog.split(split)[self.rows[split]]
        columns = (frame[name].to_list() for name in ("text", "text_en", "text_zh"))
        return [(en or zh or text, zh or en or text) for text, en, zh in zip(*columns, strict=True)]

    def sku(self, split: Split, position: int) -> str:
        """The product number of a picture."""
        return str(self.catalog.split(split)["sku"][self.rows[split][position]])

    def pictures(self, split: Split, which: Sequence[int] | None = None) -> Iterator[NDArray[np.uint8]]:
        """The pictures of a split, or of some of its positions, as squares."""
        rows = self.rows[split] if which is None else [self.rows[split][i] for i in which]
        for picture in self.catalog.images(split, rows):
            yield to_square(picture, self.resolution, self.fit)

    @cached_property
    def probes(self) -> Probes:
        """Probes fitted on the training split, always on lite0 features."""
        path = self.catalog.cache_dir / f"probes-{hashlib.sha256(json.dumps(self._key).encode()).hexdigest()[:20]}.npz"
        if path.exists():
            return Probes.load(path)
        lite0 = Lite0()
        probes = fit_probes(
            lite0,
            self.resolution,
            self.fit,
            (self._embedded("train", lite0), self.attributes("train")),
            (self._embedded("test", lite0), self.attributes("test")),
            [color_name(picture) for picture in track(self.pictures("test"), "colors", len(self.rows["test"]))],
        )
        probes.save(path)
        return probes

    def neighbour_index(self) -> NeighbourIndex:
        """The training pictures as ``--no-copies`` needs them, always on lite0 features."""
        lite0 = Lite0()
        vectors, thumbnails = (np.asarray(self._embedded("train", f)).astype(np.float16) for f in (lite0, Thumbnail()))
        limits = (
            threshold(vectors, self._embedded("test", lite0), looks=2),
            threshold(thumbnails, self.thumbnails("test"), looks=2),
        )
        skus = self.catalog.train["sku"].to_list()
        return NeighbourIndex(vectors, thumbnails, np.array([skus[row] for row in self.rows["train"]]), limits)

    @property
    def _key(self) -> list[object]:
        return [self.catalog.fingerprint, self.resolution, self.fit, self.rows["train"], self.rows["test"], FORM]

    def _embedded(self, split: Split, features: Features) -> NDArray[np.float32]:
        rows = self.rows[split]

        def stream() -> Iterable[NDArray[np.float32]]:
            if self.engine is None or not isinstance(features, Lite0):
                return features.stream(self.pictures(split))
            work = partial(_embed_rows, str(self.catalog.path), split, self.resolution, self.fit)
            return self.engine.map(work, [rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK)])

        key = [self.catalog.fingerprint, split, self.resolution, self.fit, rows]
        label = f"{features.name} features of {'held-out' if split == 'test' else 'training'} pictures"
        return cached(self.catalog.cache_dir, key, features, len(rows), stream, label)


def _embed_rows(catalog: str, split: Split, resolution: int, fit: Fit, rows: Sequence[int]) -> NDArray[np.float32]:
    """lite0 features of some rows, in whatever process an engine chose."""
    return Lite0(1).embed(to_square(picture, resolution, fit) for picture in Catalog(catalog).images(split, rows))


def kind_of(attributes: Attributes) -> str:
    """The kind of product that attributes name first, or an empty string."""
    return next(iter(attributes.get("category", ())), "")


def evenly(available: int, count: int) -> list[int]:
    """At most ``count`` of ``available`` positions, evenly spread, since a catalog may be sorted by kind."""
    chosen: list[int] = np.linspace(0, available - 1, min(count, available)).round().astype(int).tolist()
    return chosen if available else []
