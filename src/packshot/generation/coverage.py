"""Whether a model was trained on what a description asks for."""

from __future__ import annotations

from packshot.artifact import ModelConfig
from packshot.text.attributes import Vocabulary


def knows(facet: str, term: str, config: ModelConfig, vocabulary: Vocabulary) -> bool:
    """Whether a model was trained on a kind of product or a color: on the term or a wider one, or on some that it
    sums up, so that it has an input for it, as of sneakers and boots one for shoes.
    """
    trained = config.categories if facet == "category" else config.colors
    return f"{facet}:{term}" in config.text.terms or any(wide in trained for wide in vocabulary.widen(facet, term))


def warnings_for(text: str, config: ModelConfig, vocabulary: Vocabulary) -> list[str]:
    """One sentence for each thing in the description that the model has never seen; empty when it knows all."""
    known = ", ".join(config.categories) or "no kinds of product by name"
    attributes = vocabulary.parse(text)
    asked = attributes.get("category", ())
    warnings = []
    if not asked:
        warnings.append(f"{text!r} names no kind of product that the model knows; it knows {known}")
    elif not knows("category", asked[0], config, vocabulary):
        warnings.append(f"{text!r}: the model was never trained on {asked[0]!r}; it knows {known}")
    strange = [c for c in attributes.get("color", ()) if not knows("color", c, config, vocabulary)]
    if strange:
        warnings.append(f"{text!r}: the model was never trained on the color {strange[0]!r}")
    return warnings
