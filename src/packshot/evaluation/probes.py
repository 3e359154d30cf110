"""Probes: what a picture shows, told by judges that were fitted on real pictures.

The kind of product is told by a logistic regression on image features; the main color by naming the product's pixels.
Probes are fitted on a catalog's training split and judged on its held-out split; that accuracy is the ceiling.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.colour import product_colors
from packshot.cutout.plain import from_plain_background
from packshot.errors import PackshotError
from packshot.features.base import Features
from packshot.features.lite0 import Lite0
from packshot.features.softmax import fit_softmax, softmax
from packshot.files import new_file
from packshot.images.color import NAMES
from packshot.text.attributes import Attributes, load_vocabulary

FORM = 1
# A kind of product with fewer training pictures is not told apart.
FEWEST = 8


class Adherence(NamedTuple):
    """How well a picture shows what was asked.

    Attributes:
        category: probability of the kind of product, 0 to 1; None where none was asked for that the probe knows.
        color: share of the product in the color, 0 to 1; None where no basic color was asked for.
    """

    category: float | None
    color: float | None

    @property
    def value(self) -> float | None:
        """The mean of what is known."""
        known = [v for v in self if v is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Probes:
    """The fitted probes of one catalog at one resolution.

    Attributes:
        features: ``name version`` of the features below the category probe.
        resolution, fit: how the real pictures were prepared.
        categories: (c,) the kinds of product that are told apart, none or at least two.
        weights, offsets: (d, c) and (c,) float32 of the category probe.
        confusion: (c, c) int64, held-out real pictures: row the true kind, column the probe's answer.
        colors: (k,) basic color names.
        color_confusion: (k, k) int64, held-out real pictures: row the catalog's color, column the named one.
    """

    features: str
    resolution: int
    fit: str
    categories: NDArray[np.str_]
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    confusion: NDArray[np.int64]
    colors: NDArray[np.str_]
    color_confusion: NDArray[np.int64]

    def embed(self, pixels: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, d) features of pictures, as ``probabilities`` takes them."""
        return self._lite0.embed(pixels)

    def probabilities(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, c) probability of each kind of product for (n, d) features."""
        return softmax(np.asarray(features, np.float32) @ self.weights + self.offsets)

    def answers(self, features: NDArray[np.floating]) -> NDArray[np.int64]:
        """(n,) the likeliest kind's column for (n, d) features, -1 where no two kinds are told apart."""
        if not len(self.categories):
            return np.full(len(features), -1)
        return np.asarray(self.probabilities(features).argmax(axis=1))

    def score(self, pixels: Sequence[NDArray[np.uint8]], attributes: Sequence[Attributes]) -> list[Adherence]:
        """How well pictures show what was asked of them.

        Args:
            pixels: (h, w, 3) uint8 each.
            attributes: what was asked, one for each picture, as ``Vocabulary.parse`` gives it.
        """
        kinds = len(self.categories)
        chances = self.probabilities(self.embed(pixels)) if kinds else np.zeros((len(pixels), 0))
        return [
            Adherence(
                None if (column := self.category_of(asked)) is None else float(row[column]),
                None if (color := color_of(asked)) is None else color_shares(picture).get(color, 0.0),
            )
            for picture, row, asked in zip(pixels, chances, attributes, strict=True)
        ]

    def category_of(self, asked: Attributes) -> int | None:
        """The column of the kind of product that was asked for, or of the nearest wider kind that is known."""
        vocabulary = load_vocabulary()
        for term in asked.get("category", ())[:1]:
            for wide in vocabulary.widen("category", term):
                if wide in self._columns:
                    return self._columns[wide]
        return None

    @property
    def ceilings(self) -> NDArray[np.float64]:
        """(c,) the category probe's accuracy on held-out real pictures of each kind; over all where a kind has none."""
        return _recall(self.confusion)

    @property
    def color_ceilings(self) -> dict[str, float]:
        """The accuracy of naming each color on held-out real pictures; over all where a color has none."""
        return dict(zip(map(str, self.colors), _recall(self.color_confusion).tolist(), strict=True))

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {str(name): i for i, name in enumerate(self.categories)}

    @cached_property
    def _lite0(self) -> Lite0:
        lite0 = Lite0()
        if self.features != f"{lite0.name} {lite0.version}":
            raise PackshotError(f"probes were fitted on {self.features} features", hint="Evaluate the model again.")
        return lite0

    def save(self, path: Path) -> None:
        """Write ``probes.npz``; it holds arrays only, no pickles."""
        values: dict[str, Any] = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        with new_file(path) as partial:
            np.savez_compressed(partial, form=np.asarray(FORM), **values)

    @classmethod
    def load(cls, path: Path) -> Probes:
        """Read ``probes.npz``.

        Raises:
            PackshotError: it is missing, damaged or of a newer form.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                content: dict[str, Any] = dict(held)
            form = int(content.pop("form"))
            if form > FORM:
                raise PackshotError(f"probes have form {form}, newer than {FORM}", path, "Update packshot to use them.")
            return cls(**{k: v.item() if v.ndim == 0 else v for k, v in content.items()})
        except FileNotFoundError:
            raise PackshotError("no probes here", path, "packshot evaluate writes them.") from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            raise PackshotError("probes are damaged", path, "Evaluate the model again.") from None


def fit_probes(
    features: Features,
    resolution: int,
    fit: str,
    training: tuple[NDArray[np.floating], Sequence[Attributes]],
    held_out: tuple[NDArray[np.floating], Sequence[Attributes]],
    named: Sequence[str | None],
) -> Probes:
    """Fit the category probe on the training split and judge both probes on the held-out split.

    Where no two kinds of product have ``FEWEST`` training pictures, colors alone are told.

    Args:
        training, held_out: features (n, d) and attributes of real pictures.
        named: the color that ``color_name`` gives each held-out picture.
    """
    firsts = [next(iter(a.get("category", ())), "") for a in training[1]]
    categories = sorted({c for c in firsts if c and firsts.count(c) >= FEWEST})
    if len(categories) < 2:
        categories = []
    column = {name: i for i, name in enumerate(categories)}
    kept = [i for i, c in enumerate(firsts) if c in column]
    weights, offsets = np.zeros((np.asarray(training[0]).shape[1], 0), np.float32), np.zeros(0, np.float32)
    answers = np.full(len(held_out[0]), -1)
    if kept:
        labels = np.array([column[firsts[i]] for i in kept])
        weights, offsets = fit_softmax(np.asarray(training[0])[kept], labels, len(categories))
        answers = (np.asarray(held_out[0], np.float32) @ weights + offsets).argmax(axis=1)
    confusion = np.zeros((len(categories),) * 2, np.int64)
    color_confusion = np.zeros((len(NAMES),) * 2, np.int64)
    for known, answer, color in zip(held_out[1], answers, named, strict=True):
        truth = next(iter(known.get("category", ())), "")
        if truth in column:
            confusion[column[truth], answer] += 1
        said = color_of(known)
        if said and color:
            color_confusion[NAMES.index(said), NAMES.index(color)] += 1
    return Probes(
        f"{features.name} {features.version}",
        resolution,
        fit,
        np.array(categories, dtype=str),
        weights,
        offsets,
        confusion,
        np.array(NAMES),
        color_confusion,
    )


def color_of(asked: Attributes) -> str | None:
    """The basic color that attributes ask for first, or None."""
    vocabulary = load_vocabulary()
    for term in asked.get("color", ())[:1]:
        for wide in vocabulary.widen("color", term):
            if wide in NAMES:
                return wide
    return None


def color_shares(rgb: NDArray[np.uint8]) -> dict[str, float]:
    """The product's colors in a picture (h, w, 3) and their shares of it, strongest first.

    The product is what stands out from a plain background; where there is none, the middle of the picture counts.
    """
    return dict(product_colors(rgb, from_plain_background(rgb), least=0.0))


def color_name(rgb: NDArray[np.uint8]) -> str | None:
    """The product's main color in a picture, or None for a blank one."""
    return next(iter(color_shares(rgb)), None)


def _recall(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    counts, right = confusion.sum(axis=1), np.diagonal(confusion)
    overall = right.sum() / max(1, counts.sum())
    return np.where(counts > 0, right / np.maximum(counts, 1), overall)
