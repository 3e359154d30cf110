"""Held-out scores of pictures from anywhere, such as a model that is still being trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.frechet import distance_of_sets
from packshot.evaluation.kid import kernel_distance
from packshot.evaluation.precision_recall import precision_recall
from packshot.evaluation.probes import color_name, color_of
from packshot.evaluation.reference import Reference
from packshot.text.attributes import Attributes


def held_out_scores(
    pictures: Iterable[NDArray[np.uint8]], asked: Sequence[Attributes], reference: Reference
) -> dict[str, float]:
    """Compare pictures with the held-out real ones; a few hundred are enough to steer by.

    The reference is measured at the first call and kept in the catalog's cache, so a further call costs little more
    than the pictures' features: about 20 ms each on one core.

    Args:
        pictures: (h, w, 3) uint8 each, at least 2.
        asked: what each was to show.

    Returns:
        ``kid``, ``fid``, ``precision``, ``recall``; and ``category`` and ``color``, shares that show what was asked,
        divided by the same share of held-out real pictures (nan where nothing was asked that can be told).
    """
    kept = list(pictures)
    features = reference.features.embed(kept)
    precision, recall = precision_recall(reference.held_out, features)
    scores = {
        "kid": kernel_distance(reference.held_out, features),
        "fid": distance_of_sets(reference.held_out, features),
        "precision": precision.value,
        "recall": recall.value,
        "category": float("nan"),
        "color": float("nan"),
    }
    probes = reference.probes
    kinds = [probes.category_of(a) for a in asked]
    own = reference.features.name == "lite0"
    answers = probes.answers(features if own else probes.embed(kept))
    hits = [(a == kind, probes.ceilings[kind]) for a, kind in zip(answers, kinds, strict=True) if kind is not None]
    shades = [
        (color_name(picture) == color, probes.color_ceilings[color])
        for picture, wanted in zip(kept, asked, strict=True)
        if (color := color_of(wanted))
    ]
    for name, pairs in (("category", hits), ("color", shades)):
        if pairs:
            scores[name] = float(sum(hit for hit, _ in pairs) / max(1e-9, sum(ceiling for _, ceiling in pairs)))
    return scores
