"""The neighbour index of a model folder: the features of its training pictures, to refuse copies of them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.errors import PackshotError
from packshot.features.lite0 import Lite0
from packshot.features.neighbours import nearest
from packshot.files import new_file

FORM = 1
NAME = "neighbours.npz"


@dataclass(frozen=True)
class NeighbourIndex:
    """Training pictures as lite0 features.

    Attributes:
        vectors: (n, 1280) float16.
        skus: (n,) product numbers.
        threshold: the distance below which a picture is a near-copy: the 1st percentile of the distances of held-out
            real pictures to their nearest training picture.
    """

    vectors: NDArray[np.float16]
    skus: NDArray[np.str_]
    threshold: float

    def nearest(
        self, pictures: Sequence[NDArray[np.uint8]], lite0: Lite0
    ) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """Distance (m,) of each picture (h, w, 3) to its nearest training picture, and that one's product number."""
        apart, row = nearest(lite0.embed(pictures), self.vectors)
        return apart[:, 0], self.skus[row[:, 0]]

    def save(self, folder: Path) -> None:
        """Write ``neighbours.npz`` into a model folder; it holds arrays only, no pickles."""
        with new_file(folder / NAME) as partial:
            np.savez_compressed(
                partial,
                form=np.asarray(FORM),
                features=np.asarray(_features()),
                vectors=self.vectors,
                skus=self.skus,
                threshold=np.asarray(self.threshold),
            )

    @classmethod
    def load(cls, folder: Path) -> NeighbourIndex:
        """Read the index of a model folder.

        Raises:
            PackshotError: there is none, it is damaged, or of other features or a newer form.
        """
        path = folder / NAME
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                form, features = int(held["form"]), str(held["features"])
                index = cls(held["vectors"], held["skus"], float(held["threshold"]))
        except FileNotFoundError:
            raise PackshotError(
                "the model has no neighbour index", path, "Make it with: packshot evaluate MODEL CATALOG --neighbours."
            ) from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise PackshotError("neighbour index is damaged", path, "Evaluate the model again.") from None
        if form > FORM or features != _features():
            raise PackshotError(f"neighbour index of {features}, form {form}, cannot be used", path, "Make it again.")
        return index


def _features() -> str:
    return f"{Lite0.name} {Lite0.version}"
