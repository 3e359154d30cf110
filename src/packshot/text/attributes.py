"""Attributes of a product, parsed from its description in Chinese or English into one vocabulary.

Words are found by longest match, left to right. The vocabulary is data: ``assets/vocabulary.toml``, which a shop's own
file may extend.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from packshot.assets import asset
from packshot.errors import PackshotError

FACETS = ("category", "color", "material", "pattern", "audience", "style")

Attributes = Mapping[str, tuple[str, ...]]
"""Facet → its term ids, the most important first; a facet without a term is left out."""

# Facets that a category's word may carry inside itself. Colours are not among them: a 白菜 is no white product.
_IN_NAMES = frozenset({"material", "audience", "style"})

# What follows these words belongs to the product, but is not the product: "dress with pockets", "bag for shoes".
_ASIDE = re.compile(r"\b(?:with|for|from|by|in|on|to|featuring|includes?|including)\b|[,;(（，；。搭配]")


@dataclass(frozen=True)
class Term:
    """A word of the vocabulary: its facet, id, wider term and its names in both languages."""

    facet: str
    id: str
    parent: str | None
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All terms, by facet and id.

    Attributes:
        terms: (facet, id) → term.
    """

    terms: Mapping[tuple[str, str], Term]

    @cached_property
    def _words(self) -> dict[str, list[Term]]:
        words: dict[str, list[Term]] = {}
        for term in self.terms.values():
            for word in (*term.en, *term.zh):
                for form in _forms(word):
                    entry = words.setdefault(form, [])
                    if term not in entry:
                        entry.append(term)
        return words

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return self._any_of(self._words)

    @cached_property
    def _inner(self) -> re.Pattern[str]:
        return self._any_of(w for w, terms in self._words.items() if any(t.facet in _IN_NAMES for t in terms))

    @staticmethod
    def _any_of(words: Iterable[str]) -> re.Pattern[str]:
        forms = sorted(words, key=len, reverse=True)
        # A Latin word ends where its letters end; Chinese has no such borders.
        parts = [rf"(?<![a-z0-9]){re.escape(f)}(?![a-z0-9])" if f[-1].isascii() else re.escape(f) for f in forms]
        return re.compile("|".join(parts))

    def widen(self, facet: str, term: str) -> tuple[str, ...]:
        """A term id and all its wider terms, narrowest first."""
        chain: list[str] = []
        current: str | None = term
        while current is not None and current not in chain:
            chain.append(current)
            known = self.terms.get((facet, current))
            current = known.parent if known else None
        return tuple(chain)

    def parse(self, text: str) -> dict[str, tuple[str, ...]]:
        """The attributes named in ``text``.

        Both languages put the product last in its phrase ("dress shoes", 衬衫连衣裙), so the last category before an
        aside ("with …", "for …") comes first; every other facet keeps the order of the text.
        """
        plain = unicodedata.normalize("NFKC", text).lower()
        aside = next((m.start() for m in _ASIDE.finditer(plain) if m.start() > 0), len(plain))
        found: dict[str, list[str]] = {}
        head: list[str] = []
        for match in self._pattern.finditer(plain):
            for term in self._words[match.group()]:
                if term.facet == "category":
                    for inner in self._within(match.group()):
                        found.setdefault(inner.facet, []).append(inner.id)
                if term.facet == "category" and match.start() < aside:
                    head.insert(0, term.id)
                else:
                    found.setdefault(term.facet, []).append(term.id)
        if head:
            found["category"] = head + found.get("category", [])
        return {facet: tuple(dict.fromkeys(found[facet])) for facet in FACETS if facet in found}

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the vocabulary's words stand in a normalised text, left to right: start and end."""
        plain = text.lower()
        # A few letters change their length with their case; then nothing is where it seems.
        return [m.span() for m in self._pattern.finditer(plain)] if len(plain) == len(text) else []

    def _within(self, word: str) -> list[Term]:
        """What else a category's word says: 运动裤 is also sports wear, "leather shoes" are also leather."""
        inside = self._inner.finditer(word)
        return [t for m in inside if m.group() != word for t in self._words[m.group()] if t.facet in _IN_NAMES]

    def lookup(self, facet: str, value: str) -> str | None:
        """The id of the term that a column's value such as ``Longsleeve`` stands for, or None."""
        parsed = self.parse(value).get(facet)
        if parsed:
            return parsed[0]
        slug = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
        return slug if (facet, slug) in self.terms else None

    def name(self, facet: str, term: str, language: str) -> str:
        """What a term is called in ``en`` or ``zh``."""
        known = self.terms.get((facet, term))
        if known is None:
            return term
        names = known.zh if language == "zh" else known.en
        return names[0] if names else term


def load_vocabulary(extension: Path | None = None) -> Vocabulary:
    """The shipped vocabulary, and on top of it a shop's own file of the same form.

    Raises:
        PackshotError: the shop's file is missing or not of that form.
    """
    if extension is None:
        return _shipped()
    try:
        own = tomllib.loads(extension.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackshotError("no such vocabulary", extension) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackshotError(f"vocabulary cannot be read: {error}", extension) from None
    return Vocabulary({**_shipped().terms, **_terms(own, str(extension))})


@cache
def _shipped() -> Vocabulary:
    data = tomllib.loads(asset("vocabulary.toml").read_text(encoding="utf-8"))
    return Vocabulary(_terms(data, "vocabulary.toml"))


def _terms(data: Mapping[str, object], where: str) -> dict[tuple[str, str], Term]:
    terms: dict[tuple[str, str], Term] = {}
    for facet, entries in data.items():
        if facet not in FACETS or not isinstance(entries, dict):
            raise PackshotError(f"unknown facet {facet!r}", where, f"Facets are {', '.join(FACETS)}.")
        for name, entry in entries.items():
            if not isinstance(entry, dict) or not set(entry) <= {"en", "zh", "parent"}:
                raise PackshotError(f"{facet}.{name} takes en, zh and parent", where)
            terms[facet, name] = Term(
                facet, name, entry.get("parent"), tuple(entry.get("en", ())), tuple(entry.get("zh", ()))
            )
    return terms


def _forms(word: str) -> set[str]:
    """How a word may stand in a normalised text: lower case, singular and plural, hyphen or space."""
    word = unicodedata.normalize("NFKC", word).lower()
    forms = {word, word.replace("-", " ")}
    if word.isascii():
        forms |= {_plural(f) for f in forms}
    return forms


def _plural(word: str) -> str:
    if word.endswith("s") and not word.endswith("ss"):
        return word
    if word.endswith(("ss", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
