"""The photos that the cut-out network learns from, and first masks of them by GrabCut."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.cutout import gate, grabcut
from packshot.cutout.cut import finish
from packshot.cutout.measures import overlap
from packshot.cutout.raster import fit_size, resize_plane
from packshot.images.resize import resize

UNUSABLE = frozenset({"Not sure", "Other", "Skip"})
SIDE = 160


@dataclass(frozen=True)
class Photo:
    """One photo and its category."""

    name: str
    label: str
    path: Path

    @property
    def held_out(self) -> bool:
        """True for the tenth of the photos that no training step sees."""
        return hashlib.sha256(self.name.encode()).digest()[0] < 26

    def read(self) -> NDArray[np.uint8]:
        """(h, w, 3) uint8."""
        with Image.open(self.path) as image:
            return np.asarray(image.convert("RGB"))


def clothing(folder: Path) -> list[Photo]:
    """Every usable photo of the clothing catalog, in the order of its table."""
    with (folder / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] not in UNUSABLE]
    photos = [Photo(row["image"], row["label"], folder / "images" / f"{row['image']}.jpg") for row in rows]
    return [photo for photo in photos if photo.path.exists()]


def grabcut_masks(photos: list[Photo]) -> Iterator[tuple[Photo, NDArray[np.bool_]]]:
    """Photos on which GrabCut finds nearly the same product from three starting rectangles, and that product."""
    for photo in photos:
        rgb = photo.read()
        height, width = fit_size(rgb.shape[0], rgb.shape[1], SIDE)
        small = resize(rgb, width, height)
        tries: list[NDArray[np.bool_]] = []
        # From the most to the least different start, so that a disagreement shows early.
        for margin in (grabcut.MARGINS[0], grabcut.MARGINS[-1], grabcut.MARGINS[1]):
            tries.append(grabcut.from_rectangle(small, margin))
            if overlap(tries) < 0.93:
                break
        else:
            mask = np.sum(tries, axis=0) >= 2
            if gate.shape_fault(mask.astype(np.float32)) is None:
                yield photo, mask


def sure_masks(
    photos: list[Photo], believer: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
) -> Iterator[tuple[Photo, NDArray[np.float32]]]:
    """Photos on which a network, its view of the mirror image and GrabCut started from its belief agree.

    Args:
        believer: (h, w, 3) uint8 to (2, s, s) beliefs in 0..1.
    """
    for photo in photos:
        rgb = photo.read()
        height, width = fit_size(rgb.shape[0], rgb.shape[1], SIDE)
        views = [resize_plane(view, width, height) for view in believer(rgb)]
        belief = np.mean(views, axis=0)
        doubt = float(np.minimum(belief, 1 - belief).mean() / max(1e-3, belief.mean()))
        if doubt > 0.06 or overlap([view > 0.5 for view in views]) < 0.95:
            continue
        colours = grabcut.from_belief(resize(rgb, width, height), belief, rounds=1)
        if overlap([belief > 0.5, colours]) < 0.93 or gate.shape_fault(belief) is not None:
            continue
        # Both know something: the network where the product is, the colours where it ends.
        yield photo, finish(resize(rgb, width, height), (belief + colours) / 2)
