"""From a record's fields to the text, category and attributes of a catalog row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from packshot.catalog.privacy import redact
from packshot.catalog.wording import tidy
from packshot.text.attributes import FACETS, Vocabulary
from packshot.text.compose import compose
from packshot.text.normalise import language, normalise

# Fields that hold words, in one language or another.
_WORDS = ("title", "description", "category", "color", "material", "audience")
_PATH = re.compile(r"\s*(?:>|/|›|»|\||→|＞)\s*")


@dataclass(frozen=True)
class Description:
    """What a row says of its product.

    Attributes:
        text: the description a model is conditioned on, in the record's own language where it has one.
        zh, en: the same in one language each; empty where there is none.
        composed: whether it was made from attributes because the record has no words of its own.
        language: ``zh``, ``en`` or ``other``; empty without text.
        category: the vocabulary's id, else a slug of the record's category; empty if neither is known.
        attributes: facet → term ids.
        redactions: kind of personal data → how often it was taken out.
    """

    title: str
    description: str
    text: str
    zh: str
    en: str
    composed: bool
    language: str
    category: str
    attributes: Mapping[str, tuple[str, ...]]
    redactions: Mapping[str, int]


def has_words(fields: Mapping[str, str]) -> bool:
    """Whether the record describes its product in words of its own."""
    return any(normalise(v) for f, v in fields.items() if f.startswith(("title", "description")))


def describe(fields: Mapping[str, str], color: str | None, vocabulary: Vocabulary) -> Description:
    """Describe a product.

    Args:
        fields: the record's fields.
        color: the colour measured in its picture, or None; used where the record names none.
    """
    redactions: Counter[str] = Counter()
    clean = {}
    for name, value in fields.items():
        # Elsewhere, in ids, prices and the names of files, a number that looks like a card's is none.
        if not name.startswith(_WORDS):
            continue
        clean[name], found = redact(normalise(value))
        redactions += found
        if name.startswith(("title", "description")):
            clean[name] = tidy(clean[name])
    written = {
        key: _joined(clean.get(f"title{key}", ""), clean.get(f"description{key}", "")) for key in ("", "_zh", "_en")
    }
    own = written[""] or written["_en"] or written["_zh"]
    title = clean.get("title") or clean.get("title_en") or clean.get("title_zh") or ""
    zh, en = written["_zh"], written["_en"]
    spoken = language(own) if own else ""
    if spoken == "zh" and written[""]:
        zh = zh or own
    elif spoken == "en" and written[""]:
        # A table with a plain title and descriptions in two languages keeps both whole.
        en = _joined(title, clean.get("description_en", "")) if written["_en"] else own
    text = en if spoken == "en" and len(en) > len(own) else own
    slug, attributes = _attributes(clean, title, text, color, vocabulary)
    composed = not own
    if composed:
        zh, en = compose(attributes, vocabulary)
        label = clean.get("category", "").split(">")[-1].strip()
        if slug and ("category", slug) not in vocabulary.terms:
            zh, en = zh.replace(slug, label), en.replace(slug, label)
        text = en or zh
        spoken = "en" if en else ""
    description = clean.get("description") or clean.get("description_en") or clean.get("description_zh") or ""
    return Description(title, description, text, zh, en, composed and bool(text), spoken, slug, attributes, redactions)


def category_of(label: str, text: str, vocabulary: Vocabulary) -> str:
    """The category that a label, else a text, stands for; else the label's slug.

    A label that is a path ("Fruit > Apple > Gala") is searched from its narrow end. Where the text names a
    narrower term of the label's category ("Shoes", "running sneaker"), the narrower one is taken; of a label that names
    or may mean several ("Pumps", "Hats & Scarves"), the one in the text.
    """
    said = vocabulary.parse(text).get("category", ())
    steps = [step for step in _PATH.split(label) if step]
    for step in reversed(steps):
        known = vocabulary.lookup("category", step)
        if known:
            meant = {known, *vocabulary.parse(step).get("category", ())}
            return next((s for s in said if meant & set(vocabulary.widen("category", s))), known)
    if said:
        return said[0]
    return slugify(steps[-1]) if steps else ""


def slugify(label: str) -> str:
    """A label as an identifier: lower case words joined by hyphens."""
    return re.sub(r"[\W_]+", "-", label.lower()).strip("-")


def _attributes(
    clean: Mapping[str, str], title: str, text: str, color: str | None, vocabulary: Vocabulary
) -> tuple[str, dict[str, tuple[str, ...]]]:
    category = category_of(clean.get("category", ""), title or text, vocabulary)
    known: dict[str, tuple[str, ...]] = {}
    # What is nearer to the product's name is more surely about it: "goes well with black jeans" comes last.
    for part in (title, clean.get("category", ""), text):
        for facet, terms in vocabulary.parse(part).items():
            # A description names other products too; what this one is, its title and label say.
            if facet != "category" or part is not text or not (title or category):
                known.setdefault(facet, terms)
    for facet in ("color", "material", "audience"):
        terms = vocabulary.parse_column(facet, clean.get(facet, ""))
        if terms:
            known[facet] = tuple(dict.fromkeys((*terms, *known.get(facet, ()))))
    if color and "color" not in known:
        known["color"] = (color,)
    if category:
        known["category"] = tuple(dict.fromkeys((category, *known.get("category", ()))))
    return category, {facet: known[facet] for facet in FACETS if facet in known}


def _joined(title: str, description: str) -> str:
    if not title or not description or title.lower() in description.lower():
        return description or title
    end = "" if title[-1] in ".。!！?？;；" else "。" if language(title) == "zh" else "."
    return f"{title}{end} {description}" if end != "。" else f"{title}。{description}"
