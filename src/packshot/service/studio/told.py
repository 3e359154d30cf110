"""What packshot says in English, in the page's language: what there is to know of an image, or why
there is none, and what a market's rule measures.
"""

from __future__ import annotations

import re

from packshot.finishing.check import Result
from packshot.service.studio.words import Words
from packshot.text.attributes import Vocabulary

_COLOR = re.compile(r"the model was never trained on the color '(.+)'")
_KIND = re.compile(r"the model was never trained on '(.+)'")
_UNSAID = "nothing says what kind of product it is"
_CUT = re.compile(r"the product runs into the picture's edge at the .+: it may be cut off")
_TERM = re.compile(r"it contains the refused term '(.+)'")


def reason(words: Words, vocabulary: Vocabulary, text: str) -> str:
    """A reason of the manifest, its parts between semicolons, or a note; one without a translation stays as it is."""
    return "; ".join(_part(words, vocabulary, part) for part in text.split("; "))


def _part(words: Words, vocabulary: Vocabulary, text: str) -> str:
    if found := _COLOR.fullmatch(text):
        return words.unknown_color.format(vocabulary.name("color", found[1], words.language))
    if found := _KIND.fullmatch(text):
        return words.not_trained.format(vocabulary.name("category", found[1], words.language))
    if found := _TERM.fullmatch(text):
        return words.refused_term.format(found[1])
    if _CUT.fullmatch(text):
        return words.cut_off
    return words.kind_unsaid if text == _UNSAID else words.said(text)


def value(result: Result) -> str:
    """What was measured, with its unit."""
    fact, measure = result.value, result.measure
    if fact is None or fact == "none":
        return "–"
    if isinstance(fact, bool):
        return "✓" if fact else "–"
    if isinstance(fact, str):
        return fact
    if measure == "file_bytes":
        return f"{fact / 1e6:.1f} MB" if fact >= 1e6 else f"{fact / 1e3:.0f} KB"
    if measure in ("white_background", "subject_fill", "subject_offset"):
        return f"{100 * fact:.4g} %"
    if measure in ("width", "height", "longest_side", "shortest_side", "subject_side"):
        return f"{fact:g} px"
    return {"enlarged": "{:g} ×", "megapixels": "{:g} MP"}.get(measure, "{:g}").format(fact)
