"""R-precision of drawn and of held-out real pictures, each language by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from packshot.evaluation.drawing import Drawn
from packshot.evaluation.r_precision import CANDIDATES, Projection, r_precision
from packshot.evaluation.reference import Reference
from packshot.evaluation.wishes import spoken
from packshot.text.encoder import TextEncoder


def retrieval(encoder: TextEncoder, reference: Reference, drawn: Drawn) -> dict[str, Any] | None:
    """Whether pictures find their own description among a hundred of the held-out split's.

    Args:
        encoder: the model's text encoder.
        drawn: pictures of the held-out wishes.

    Returns:
        For ``zh`` and ``en`` the share of generated and of real pictures that do, for one alone where no description
        is in the other; None where all descriptions are one.
    """
    result: dict[str, Any] = {}
    trained, held_out = reference.descriptions("train"), reference.descriptions("test")
    for column, language in enumerate(("en", "zh")):
        texts, distinct = (sorted({pair[column] for pair in pairs}) for pairs in (held_out, trained))
        if len(texts) < 2:
            return None
        vectors = dict(zip(distinct, encoder.encode(distinct), strict=True))
        projection = Projection(reference.training, np.stack([vectors[pair[column]] for pair in trained]))
        number, encoded = {text: i for i, text in enumerate(texts)}, encoder.encode(texts)
        own = [number[pair[column]] for pair in held_out]
        if column and all(en == zh for en, zh in held_out):
            break
        chosen = [i for i in range(len(drawn.wanted)) if spoken(i, len(held_out)) == column]
        generated = projection.similarity(drawn.features[chosen], encoded)
        result[language] = {
            "generated": r_precision(generated, [own[i % len(own)] for i in chosen]).json(),
            "real": r_precision(projection.similarity(reference.held_out, encoded), own).json(),
            "candidates": min(CANDIDATES, len(texts)),
        }
    return result
