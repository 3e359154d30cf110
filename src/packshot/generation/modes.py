"""The modes of a catalog: groups of products that look alike, and how likely each is under a description.

A description leaves much open: shoes may be a pair seen from above, or one from the side. A generator whose only
freedom is continuous noise draws what lies between the two as well. So it is told, beside the description, which mode
to draw (Liu et al. 2020, "Diverse image generation via self-conditioned GANs"), and each seed takes a mode by a prior
that knows the description (as in unCLIP: Ramesh et al. 2022).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.artifact import ModelFolder
from packshot.errors import PackshotError
from packshot.families.common.family import Floats
from packshot.features.appearance import Appearance
from packshot.features.softmax import softmax
from packshot.files import new_file

FILE = "modes.npz"
# The likeliest modes that make up this share of the chance are drawn (Holtzman et al. 2020, nucleus sampling).
_NUCLEUS = 0.9
# Of a seed's random numbers, those that choose its mode.
_CHOICE = 3
_HALF = ("basis", "weights")
_OWN = ("centres", "weights", "offsets", "kinds")


@dataclass(frozen=True)
class Modes:
    """The modes of one catalog.

    Attributes:
        appearance: the space that they lie in.
        centres: (k, d) float32, what a generator is told of each.
        weights, offsets: (c, k) and (k,) float32, by which ``softmax`` says how likely each is under a condition (c,).
        kinds: (k, c) bool, the inputs of a condition that name what kind of product each mode shows.
    """

    appearance: Appearance
    centres: Floats
    weights: Floats
    offsets: Floats
    kinds: NDArray[np.bool_]

    @property
    def dim(self) -> int:
        """Numbers that a generator is told of a mode."""
        return self.appearance.dim

    def chances(self, condition: Floats) -> NDArray[np.float64]:
        """(n, k) the chance that each mode is drawn for conditions (n, c).

        Unlikely ones have none, nor have those of another kind than the one that is named, if there are any of that.
        """
        named = (condition >= 1) & self.kinds.any(axis=0)
        other = named.astype(np.float32) @ (~self.kinds).T.astype(np.float32) > 0
        other &= ~other.all(axis=1, keepdims=True)
        chances = softmax(np.where(other, -np.inf, condition @ self.weights + self.offsets))
        order = np.argsort(-chances, axis=1, kind="stable")
        ranked = np.take_along_axis(chances, order, axis=1)
        ranked[np.cumsum(ranked, axis=1) - ranked >= _NUCLEUS] = 0
        np.put_along_axis(chances, order, ranked, axis=1)
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def drawn(self, condition: Floats, seeds: Sequence[int]) -> NDArray[np.int64]:
        """(n,) the mode that each seed draws for its condition (n, c)."""
        keys = (np.random.Philox(key=seed, counter=[0, 0, 0, _CHOICE]) for seed in seeds)
        points = np.array([np.random.Generator(key).random() for key in keys])
        passed = np.cumsum(self.chances(condition), axis=1) <= points[:, None]
        return np.minimum(passed.sum(axis=1), len(self.centres) - 1)

    def nearest(self, appearances: Floats) -> NDArray[np.int64]:
        """(n,) the mode that is nearest to appearances (n, d)."""
        return nearest(appearances, self.centres)

    def told(self, condition: Floats, modes: NDArray[np.int64]) -> Floats:
        """(n, c + d): what a generator is told of conditions (n, c) and their modes (n,)."""
        return np.concatenate([condition, self.centres[modes]], axis=1, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write ``modes.npz`` into a folder; it holds arrays only, no pickles."""
        own = {name: getattr(self, name) for name in _OWN}
        # Half precision where there are many numbers; half a megabyte becomes a quarter.
        half = {
            name: value.astype(np.float16)
            for name, value in {**asdict(self.appearance), **own}.items()
            if name in _HALF
        }
        with new_file(folder / FILE) as partial:
            np.savez_compressed(partial, **{**asdict(self.appearance), **own, **half})


def nearest(points: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.int64]:
    """(n,) the row of ``centres`` (k, d) that is nearest to each of ``points`` (n, d)."""
    # Without the points' own squares, which are the same for all centres.
    return np.asarray((np.square(centres).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1))


def modes_of(model: ModelFolder) -> Modes | None:
    """The modes of a model, or None where it knows none.

    Raises:
        PackshotError: the file is damaged.
    """
    return read_modes(model.file(FILE)) if FILE in model.config.files else None


def read_modes(path: Path) -> Modes:
    """The modes in a file.

    Raises:
        PackshotError: it is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            values: dict[str, Any] = {name: held[name] for name in held.files}
        values |= {name: values[name].astype(np.float32) for name in _HALF}
        own = {name: values.pop(name) for name in _OWN}
        return Modes(Appearance(**values), **own)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise PackshotError("a model's modes are damaged", path, "Copy the model folder again.") from None
