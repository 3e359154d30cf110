"""A description made from attributes, in Chinese and English, for products that come without one."""

from __future__ import annotations

from packshot.text.attributes import Attributes, Vocabulary


def compose(attributes: Attributes, vocabulary: Vocabulary) -> tuple[str, str]:
    """Describe a product by its first category, first color, pattern, material and audience.

    Returns:
        (zh, en); both empty when the category is not known, for then there is nothing to describe.
    """
    if not attributes.get("category"):
        return "", ""

    def word(facet: str, language: str) -> str:
        terms = attributes.get(facet, ())
        return vocabulary.name(facet, terms[0], language) if terms else ""

    zh = "".join(word(facet, "zh") for facet in ("audience", "color", "pattern", "material", "category"))
    en = " ".join(filter(None, (word(facet, "en") for facet in ("color", "pattern", "material", "category"))))
    audience = word("audience", "en")
    return zh, f"{en} for {audience}" if audience else en


def naming(category: str = "", color: str = "") -> Attributes:
    """The attributes that ask for a kind of product in a color; an empty one is not asked for."""
    return {facet: (term,) for facet, term in (("category", category), ("color", color)) if term}


def called(attributes: Attributes, vocabulary: Vocabulary) -> tuple[str, str]:
    """As ``compose``, but never empty: without a category a color has its name, and nothing at all is a product."""
    zh, en = compose(attributes, vocabulary)
    for color in attributes.get("color", ())[:1]:
        zh, en = (own or vocabulary.name("color", color, at) for own, at in ((zh, "zh"), (en, "en")))
    return zh or "商品", en or "product"
