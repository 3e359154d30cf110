"""Pictures drawn and measured on the way, so that none needs to be kept: a seed draws it again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.probes import color_name
from packshot.features.base import Features
from packshot.features.inception import Inception
from packshot.features.thumbnail import Thumbnail
from packshot.generation.generator import Generator
from packshot.progress import ticker


@dataclass(frozen=True)
class Drawn:
    """What was measured of drawn pictures.

    Attributes:
        wanted: (description, seed) of each.
        features: (n, d) float32.
        thumbnails: (n, 192) float32.
        colors: the named main color of each; empty where it was not asked for.
        seconds: that drawing took, measuring left out.
        probabilities: (n, classes) where they were asked for.
    """

    wanted: Sequence[tuple[str, int]]
    features: NDArray[np.float32]
    thumbnails: NDArray[np.float32]
    colors: list[str | None]
    seconds: float
    probabilities: NDArray[np.float32] | None = None


def draw(
    generator: Generator,
    wanted: Sequence[tuple[str, int]],
    features: Features,
    label: str,
    *,
    colors: bool = False,
    classify: bool = False,
) -> Drawn:
    """Draw a picture for every (description, seed) and measure it.

    Args:
        label: to show while it goes on.
        colors: name each picture's main color too.
        classify: take class probabilities too; of Inception features only.
    """
    named: list[str | None] = []
    chances: list[NDArray[np.float32]] = []
    small, thumbnail = [], Thumbnail()
    spent = 0.0

    def pictures() -> Iterator[NDArray[np.uint8]]:
        nonlocal spent
        drawn = generator.pictures(wanted)
        while True:
            began = time.perf_counter()
            image = next(drawn, None)
            spent += time.perf_counter() - began
            if image is None:
                return
            small.append(thumbnail.embed([image.pixels])[0])
            if colors:
                named.append(color_name(image.pixels))
            if classify and isinstance(features, Inception):
                chances.append(features.probabilities([image.pixels]))
            yield image.pixels

    out, done = np.zeros((len(wanted), features.dim), np.float32), 0
    with ticker(label, len(wanted)) as shown:
        for rows in features.stream(pictures()):
            out[done : done + len(rows)] = rows
            done += len(rows)
            shown.advance(len(rows))
    return Drawn(
        wanted,
        out,
        np.array(small, np.float32).reshape(-1, Thumbnail.dim),
        named,
        spent,
        np.concatenate(chances) if chances else None,
    )
