"""What to draw for a product with a model, or why the model cannot serve it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packshot.artifact import ModelConfig
from packshot.catalog.describe import Description
from packshot.errors import PackshotError
from packshot.generation.coverage import knows
from packshot.text.attributes import Attributes, Vocabulary
from packshot.text.compose import compose
from packshot.text.normalise import normalise

Wording = Literal["auto", "own", "composed"]
WORDINGS: tuple[Wording, ...] = ("auto", "own", "composed")

# The product is named in the first clause; what follows tells of other things.
_CLAUSE = re.compile(r"[,;:(（，；。！!?？]|\.(?:\s|$)|\b(?:with|for|featuring|by)\b")
# What the product comes with stands behind these, as in 红色连衣裙配黑色腰带; 靴子配件 are parts.
_BESIDE = re.compile(r"配(?![件饰色])|内搭|附(?!件)|含")
# A text of more letters than this is a story about the product, Han characters counting for three.
_SHORT = 60


@dataclass(frozen=True)
class Prompt:
    """What to draw.

    Attributes:
        text: the description that the model is given: drawing it again gives the same picture.
        attributes: what must be seen.
        note: what the model was never trained on and draws all the same; empty if nothing.
    """

    text: str
    attributes: Attributes
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why nothing is drawn."""

    reason: str


def wording_named(name: str) -> Wording:
    """The wording of that name.

    Raises:
        PackshotError: there is none.
    """
    for wording in WORDINGS:
        if wording == name:
            return wording
    raise PackshotError(f"unknown wording {name!r}", "--wording", f"Wordings are {', '.join(WORDINGS)}.", usage=True)


def prompt_for(
    description: Description, config: ModelConfig, vocabulary: Vocabulary, wording: Wording = "auto"
) -> Prompt | Refusal:
    """The description to draw a product from, if the model was trained on its kind.

    The product's own words outrank the table's category where the two disagree: a "Mountain Pump" in the category
    "Pumps" is no shoe.

    Args:
        wording: ``own`` words of the table, with its category and color before them if they do not say them;
            ``composed`` from the attributes alone; ``auto`` takes the own words where they are short and say what
            the product is and its color, for long ones tell of much that cannot be seen.
    """
    kinds = _kinds(description, vocabulary)
    if not kinds:
        return Refusal("nothing says what kind of product it is")
    head = kinds[0]
    if not knows("category", head, config, vocabulary):
        return Refusal(f"the model was never trained on {head!r}")
    # What stands beside it names it more closely: a "short-sleeve jersey" is drawn as a T-shirt.
    kind = head if head in config.categories else next((k for k in kinds[1:] if k in config.categories), head)
    attributes = {**description.attributes, "category": tuple(dict.fromkeys((kind, *kinds)))}
    colors = attributes.get("color", ())[:1]
    strange = [c for c in colors if not knows("color", c, config, vocabulary)]
    note = f"the model was never trained on the color {strange[0]!r}" if strange else ""
    return Prompt(_worded(description, attributes, vocabulary, wording), attributes, note)


def _kinds(description: Description, vocabulary: Vocabulary) -> list[str]:
    """What kind of product it is, the surest first, then other words for the same product."""
    texts = (description.title, description.en, description.zh, description.text, description.description)
    clauses = [_clause(text) for text in texts if text]
    named = [k for k in (_named(clause, vocabulary) for clause in clauses) if k]
    labelled = description.attributes.get("category", ())[:1]
    if not named:
        return list(labelled)
    main = named[0][0]
    if labelled and _related(labelled[0], main, vocabulary):
        # The narrower of the two.
        main = max(labelled[0], main, key=lambda k: len(vocabulary.widen("category", k)))
    beside = [k for kinds in named if main in kinds for k in kinds]
    return list(dict.fromkeys((main, *beside)))


def _named(clause: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    before = _BESIDE.split(clause)[0]
    return vocabulary.parse(before).get("category", ()) or vocabulary.parse(clause).get("category", ())


def _clause(text: str) -> str:
    text = normalise(text)
    return next((part for part in _CLAUSE.split(text) if part and part.strip()), "")


def _related(a: str, b: str, vocabulary: Vocabulary) -> bool:
    return a in vocabulary.widen("category", b) or b in vocabulary.widen("category", a)


def _worded(description: Description, attributes: Attributes, vocabulary: Vocabulary, wording: Wording) -> str:
    own = normalise(description.text)
    zh, en = compose(attributes, vocabulary)
    composed = (zh if description.language == "zh" else en) or own
    if wording == "composed" or not own:
        return composed
    said = vocabulary.parse(own)
    complete = said.get("category", ("",))[0] == attributes["category"][0] and set(attributes.get("color", ())) <= set(
        said.get("color", ())
    )
    if wording == "own":
        return own if complete else f"{composed}; {own}"
    return own if complete and _letters(own) <= _SHORT else composed


def _letters(text: str) -> int:
    return sum(1 if c.isascii() else 3 for c in text)
