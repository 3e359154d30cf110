"""Whether pictures show what their descriptions ask for, as a share of what real pictures reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.intervals import clustered
from packshot.evaluation.probes import Probes, color_of
from packshot.evaluation.prompts import Prompt


def adherence(
    probes: Probes,
    prompts: Sequence[Prompt],
    features: NDArray[np.floating],
    colors: Sequence[str | None],
) -> dict[str, Any]:
    """Judge the same number of pictures for every description.

    Args:
        features: (prompts × seeds, d), all pictures of the first description first.
        colors: the named color of each picture, in the same order.

    Returns:
        For category and color: accuracy, ceiling (the same judge on held-out real pictures, weighted as the
        descriptions ask) and accuracy as a share of the ceiling, overall, in Chinese and English, and for each
        kind of product; and the confusion matrices. Intervals are bootstrapped over descriptions, since the pictures
        of one are alike; the ceiling is taken as given. Descriptions that ask for nothing known do not count.
    """
    seeds = len(colors) // max(1, len(prompts))
    answers = probes.answers(features).reshape(len(prompts), seeds)
    named = [colors[i * seeds : (i + 1) * seeds] for i in range(len(prompts))]
    wanted = [probes.category_of(prompt.asked) for prompt in prompts]
    wanted_color = [color_of(prompt.asked) for prompt in prompts]
    color_ceilings = probes.color_ceilings
    # One entry a description that asks for it: (number of the description, hits of its pictures, ceiling).
    kinds = [(i, answers[i] == c, float(probes.ceilings[c])) for i, c in enumerate(wanted) if c is not None]
    shades = [
        (i, np.array([found == c for found in named[i]], bool), color_ceilings[c])
        for i, c in enumerate(wanted_color)
        if c is not None
    ]

    def of(chosen: set[int]) -> dict[str, Any]:
        return {
            facet: _scores([entry for entry in entries if entry[0] in chosen])
            for facet, entries in (("category", kinds), ("color", shades))
        }

    groups = {language: {i for i, p in enumerate(prompts) if p.language == language} for language in ("zh", "en")}
    per_category = {
        str(probes.categories[c]): of({i for i, other in enumerate(wanted) if other == c})
        for c in sorted({c for c in wanted if c is not None})
    }
    return {
        "descriptions": len(prompts),
        "seeds": seeds,
        **of(set(range(len(prompts)))),
        **{language: of(chosen) for language, chosen in groups.items()},
        "per_category": per_category,
        "confusion": {
            "names": [str(c) for c in probes.categories],
            "generated": _confusion([(c, answers[i]) for i, c in enumerate(wanted) if c is not None], probes),
            "real": probes.confusion.tolist(),
        },
        "color_confusion": {
            "names": [str(c) for c in probes.colors],
            "generated": _color_confusion(wanted_color, named, probes),
            "real": probes.color_confusion.tolist(),
        },
    }


def _scores(entries: Sequence[tuple[int, NDArray[np.bool_], float]]) -> dict[str, Any] | None:
    if not entries:
        return None
    hits, ceilings = [e[1].astype(np.float64) for e in entries], [e[2] for e in entries]
    return {
        "accuracy": clustered(hits).json(),
        "ceiling": float(np.mean(ceilings)),
        "of_ceiling": clustered(hits, ceilings).json(),
    }


def _confusion(answers: Sequence[tuple[int, NDArray[np.int64]]], probes: Probes) -> list[list[int]]:
    size = len(probes.categories)
    table = np.zeros((size, size), np.int64)
    for asked, given in answers:
        table[asked] += np.bincount(given, minlength=size)
    return table.tolist()


def _color_confusion(
    wanted: Sequence[str | None], named: Sequence[Sequence[str | None]], probes: Probes
) -> list[list[int]]:
    names = [str(c) for c in probes.colors]
    table = np.zeros((len(names), len(names)), np.int64)
    for asked, given in zip(wanted, named, strict=True):
        for color in given:
            if asked is not None and color is not None:
                table[names.index(asked), names.index(color)] += 1
    return table.tolist()
