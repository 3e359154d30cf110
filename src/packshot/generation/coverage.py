"""Whether a model was trained on what a description asks for."""

from __future__ import annotations

from packshot.artifact import ModelConfig
from packshot.text.attributes import Vocabulary


def warnings_for(text: str, config: ModelConfig, vocabulary: Vocabulary) -> list[str]:
    """One sentence for each thing in the description that the model has never seen; empty when it knows all.

    A kind of product counts as known when the model was trained on it or on a wider term of it.
    """
    known = ", ".join(config.categories)
    attributes = vocabulary.parse(text)
    asked = attributes.get("category", ())
    warnings = []
    if not asked:
        warnings.append(f"{text!r} names no kind of product that the model knows; it knows {known}")
    elif not any(wide in config.categories for term in asked for wide in vocabulary.widen("category", term)):
        warnings.append(f"{text!r}: the model was never trained on {asked[0]!r}; it knows {known}")
    strange = [c for c in attributes.get("color", ()) if not set(vocabulary.widen("color", c)) & set(config.colors)]
    if strange:
        warnings.append(f"{text!r}: the model was never trained on the color {strange[0]!r}")
    return warnings
