"""How different pictures of one description are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from packshot.evaluation.diversity import relative_spread, vendi_score
from packshot.evaluation.drawing import draw
from packshot.evaluation.intervals import mean
from packshot.evaluation.prompts import Prompt
from packshot.evaluation.reference import Reference, evenly, kind_of
from packshot.generation.generator import Generator

SAME_DESCRIPTION = 50
_REPEATED = 8


def same_description(generator: Generator, reference: Reference, prompts: Sequence[Prompt]) -> dict[str, Any] | None:
    """How different fifty pictures of one description are, as a share of how different real ones of its kind are.

    Real pictures of the same kind and color are taken where there are fifty, else of the same kind. The interval is
    normal, over the descriptions.

    Returns:
        The mean spread, and for each of eight descriptions its spread and the effective numbers of different pictures
        (``vendi_score``) among fifty; None where no description's kind has ten real pictures.
    """
    chosen = [prompts[i] for i in evenly(len(prompts), _REPEATED)]
    known = reference.attributes("train")
    entries: list[dict[str, Any]] = []
    for prompt in chosen:
        kind, color = kind_of(prompt.asked), next(iter(prompt.asked.get("color", ())), "")
        alike = [i for i, a in enumerate(known) if kind_of(a) == kind and color in (*a.get("color", ())[:1], "")]
        if len(alike) < SAME_DESCRIPTION:
            alike = [i for i, a in enumerate(known) if kind_of(a) == kind]
        if len(alike) < 10:
            continue
        alike = [alike[i] for i in evenly(len(alike), SAME_DESCRIPTION)]
        wanted = [(prompt.text, seed) for seed in range(SAME_DESCRIPTION)]
        found = draw(generator, wanted, reference.features, f"{SAME_DESCRIPTION} × {prompt.text}").features
        entries.append(
            {
                "text": prompt.text,
                "spread": relative_spread(found, reference.training[alike]).json(),
                "different": vendi_score(found),
                "different_real": vendi_score(reference.training[alike]),
                "real": len(alike),
            }
        )
    if not entries:
        return None
    values = np.array([e["spread"]["value"] for e in entries])
    return {"seeds": SAME_DESCRIPTION, "spread": mean(values).json(), "descriptions": entries}
