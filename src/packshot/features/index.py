"""The neighbour index of a model folder: what its training pictures look like, to refuse copies of them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.errors import PackshotError
from packshot.features.lite0 import Lite0
from packshot.features.neighbours import Look, closeness
from packshot.features.thumbnail import Thumbnail
from packshot.files import new_file

FORM = 2
NAME = "neighbours.npz"
_MAKE = "Make it with: packshot evaluate MODEL CATALOG --neighbours."


@dataclass(frozen=True)
class NeighbourIndex:
    """Training pictures as lite0 features and as thumbnails.

    Attributes:
        vectors: (n, 1280) float16, lite0 features.
        thumbnails: (n, 192) float16.
        skus: (n,) product numbers.
        limits: the distances, of features and of thumbnails, below which a picture is a near-copy.
    """

    vectors: NDArray[np.float16]
    thumbnails: NDArray[np.float16]
    skus: NDArray[np.str_]
    limits: tuple[float, float]

    def nearest(
        self, pictures: Sequence[NDArray[np.uint8]], lite0: Lite0
    ) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """How close (m,) each picture (h, w, 3) comes to being a copy, below 1 if it is one, and the product number of
        the training picture that it comes closest to.
        """
        share, row = closeness(
            Look(lite0.embed(pictures), self.vectors, self.limits[0]),
            Look(Thumbnail().embed(pictures), self.thumbnails, self.limits[1]),
        )
        return share, self.skus[row]

    def save(self, folder: Path) -> None:
        """Write ``neighbours.npz`` into a model folder; it holds arrays only, no pickles."""
        with new_file(folder / NAME) as partial:
            np.savez_compressed(
                partial,
                form=np.asarray(FORM),
                features=np.asarray(_features()),
                vectors=self.vectors,
                thumbnails=self.thumbnails,
                skus=self.skus,
                limits=np.asarray(self.limits),
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
                if form != FORM or features != _features():
                    raise PackshotError(f"neighbour index of {features}, form {form}, cannot be used", path, _MAKE)
                by_features, by_thumbnail = map(float, held["limits"])
                return cls(held["vectors"], held["thumbnails"], held["skus"], (by_features, by_thumbnail))
        except FileNotFoundError:
            raise PackshotError("the model has no neighbour index", path, _MAKE) from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise PackshotError("neighbour index is damaged", path, _MAKE) from None


def _features() -> str:
    return f"{Lite0.name} {Lite0.version}, {Thumbnail.name} {Thumbnail.version}"
