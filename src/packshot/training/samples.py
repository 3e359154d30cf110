"""The sheet of samples in a model folder."""

from __future__ import annotations

import numpy as np

from packshot.artifact import ModelFolder
from packshot.files import write_atomic
from packshot.generation.generator import Generator
from packshot.images.encode import encode
from packshot.text.compose import called, naming

_ROWS, _COLUMNS = 8, 8


def write_samples(model: ModelFolder) -> None:
    """Write ``samples.png``: a row a kind of product, a column a color, Chinese and English descriptions by turns."""
    generator = Generator(model)
    wanted = []
    for category in (model.config.categories or ("",))[:_ROWS]:
        for i, color in enumerate((model.config.colors or ("",))[:_COLUMNS]):
            wanted.append((called(naming(category, color), generator.vocabulary)[1 - i % 2], i))
    pictures = [g.pixels for g in generator.pictures(wanted)]
    across = min(_COLUMNS, max(1, len(model.config.colors)))
    rows = [np.concatenate(pictures[i : i + across], axis=1) for i in range(0, len(pictures), across)]
    write_atomic(model.path / "samples.png", encode(np.concatenate(rows, axis=0), "png"))
