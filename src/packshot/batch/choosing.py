"""Which of several candidates shows best what was asked for, by the probes that the model brings with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.artifact import ModelFolder
from packshot.evaluation.probes import Probes
from packshot.text.attributes import Attributes

FILE = "probes.npz"


def has_probes(model: ModelFolder) -> bool:
    """Whether the model folder tells good candidates from bad ones; ``packshot evaluate`` sees to it."""
    return (model.path / FILE).is_file()


def open_probes(model: ModelFolder) -> Probes | None:
    """The probes of a model folder, or None.

    Raises:
        PackshotError: they are damaged or of a newer form.
    """
    return Probes.load(model.path / FILE) if has_probes(model) else None


def choose(
    pictures: Sequence[NDArray[np.uint8]], attributes: Attributes, probes: Probes | None
) -> tuple[int, Mapping[str, float]]:
    """The place of the picture that adheres best, the first of equals, and its scores (0 to 1, four digits).

    Without probes it is the first, without scores.
    """
    if probes is None:
        return 0, {}
    scores = probes.score(pictures, [attributes] * len(pictures))
    best = max(range(len(pictures)), key=lambda i: (scores[i].value or 0.0, -i))
    told = {"adherence": scores[best].value, **scores[best]._asdict()}
    return best, {name: round(value, 4) for name, value in told.items() if value is not None}
