"""Attributes of a product, parsed from its description in Chinese or English into one vocabulary.

Words are found by longest match, left to right. The vocabulary is data: ``assets/vocabulary.toml``, which a shop's own
file may extend.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from packshot.assets import asset
from packshot.errors import PackshotError

FACETS = ("category", "color", "material", "pattern", "audience", "style")

Attributes = Mapping[str, tuple[str, ...]]
"""Facet → its term ids, the most important first; a facet without a term is left out."""

_LISTS = ("en", "zh", "covers", "yields", "weak", "column")

# Facets that a category's word may carry inside itself. Colours are not among them: a 白菜 is no white product.
_IN_NAMES = frozenset({"material", "audience", "style"})

# What follows these words belongs to the product, but is not the product: "dress with pockets", "bag for shoes".
_ASIDE = re.compile(
    r"\b(?:with|for|from|by|in|on|to|featuring|includes?|including|paired)\b"
    r"|\b(?:pairs|goes|looks) (?:well|good|great|perfect)|[,;(（，；。]|搭配|适合|附赠|赠送|可配|送(?=[^货])"
)

# What a part of the product is like: "jacket with silver zips, black" is black before it is silver.
_PART = re.compile(r"\b(?:with|featuring)\b(?:(?!\bin\b| [-|] )[^,;:()/–—。])*|搭配[^,;:()。\s]*")

# A product's name before one of these is a part of another product: 黑色腰带装饰, "belt detail".
_TRIM = re.compile(r"\s?(?:装饰|点缀|detail\b|trim\b|accent\b)")


@dataclass(frozen=True)
class Term:
    """A word of the vocabulary: its facet, id, wider term and its names in both languages.

    Attributes:
        covers: ids of terms that are meant where they stand beside this one.
        yields: the same, but weak words of theirs do not count: a hooded jacket is no hoodie.
        weak: words that name a category only where no other one is named, and come last in other facets.
        column: words that name it only where they are all that a column of its own says: coffee is a color there.
    """

    facet: str
    id: str
    parent: str | None
    en: tuple[str, ...]
    zh: tuple[str, ...]
    covers: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    column: tuple[str, ...] = ()


class _Words:
    """Finds words in a text: the longest at each place, from left to right.

    Args:
        words: in lower case. One that begins or ends with a Latin letter or digit is only found where these do;
            Chinese has no such borders.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        lengths: dict[str, set[int]] = {}
        for word in self._words:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Where each word stands, and the word."""
        at = 0
        while at < len(text):
            word = self._at(text, at)
            if word:
                yield at, word
            at += len(word) or 1

    def _at(self, text: str, at: int) -> str:
        for length in self._lengths.get(text[at], ()):
            word = text[at : at + length]
            if word in self._words:
                before, after = text[at - 1 : at] if at else "", text[at + length : at + length + 1]
                if not (_joined(before, word[0]) or _joined(word[-1], after)):
                    return word
        return ""


def _joined(one: str, other: str) -> bool:
    """Whether two characters belong to one Latin word or number."""
    return one.isascii() and one.isalnum() and other.isascii() and other.isalnum()


@dataclass(frozen=True)
class Vocabulary:
    """All terms, by facet and id.

    Attributes:
        terms: (facet, id) → term.
        ignored: words that hold a term's word and have nothing to do with it: 紫外线, "salted caramel".
    """

    terms: Mapping[tuple[str, str], Term]
    ignored: tuple[str, ...] = ()

    @cached_property
    def _words(self) -> dict[str, list[Term]]:
        words: dict[str, list[Term]] = {form: [] for word in self.ignored for form in _forms(word)}
        for term in self.terms.values():
            for word in (*term.en, *term.zh, *term.weak):
                for form in _forms(word):
                    entry = words.setdefault(form, [])
                    if term not in entry:
                        entry.append(term)
        return words

    @cached_property
    def _weak(self) -> frozenset[tuple[Term, str]]:
        return frozenset((t, form) for t in self.terms.values() for word in t.weak for form in _forms(word))

    @cached_property
    def _columns(self) -> dict[tuple[str, str], str]:
        return {(t.facet, form): t.id for t in self.terms.values() for word in t.column for form in _forms(word)}

    @cached_property
    def _all(self) -> _Words:
        return _Words(self._words)

    @cached_property
    def _inner(self) -> _Words:
        # One Chinese character is too little to tell a material by: 积木 are not of wood.
        return _Words(
            word
            for word, terms in self._words.items()
            if any(t.facet in _IN_NAMES and (t.facet != "material" or len(word) > 1) for t in terms)
        )

    def with_kinds(self, names: Iterable[str]) -> Vocabulary:
        """This vocabulary and a shop's own kinds of product, known by their slugs.

        They count only where no other kind is named, since a shop may call its categories "New" or "Men".
        """
        own = {}
        for name in names:
            if name and ("category", name) not in self.terms:
                spoken = (name.replace("-", " "),)
                en, zh = (spoken, ()) if name.isascii() else ((), spoken)
                own["category", name] = Term("category", name, None, en, zh, weak=spoken)
        return Vocabulary({**self.terms, **own}, self.ignored) if own else self

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
        aside ("with …", "for …") comes first, or the narrower one that a general word stands beside; every other
        facet keeps the order of the text, but what is said of a part comes last.
        """
        plain = _plain(text)
        aside = next((m.start() for m in _ASIDE.finditer(plain) if m.start() > 0), len(plain))
        parts = [m.span() for m in _PART.finditer(plain) if m.start() > 0]
        found: dict[str, list[str]] = {}
        last: dict[str, list[str]] = {}
        head: list[Term] = []
        weak: list[Term] = []
        for start, word in self._all.find(plain):
            part = any(begin < start < end for begin, end in parts)
            trim = _TRIM.match(plain, start + len(word))
            for term in self._words[word]:
                faint = (term, word) in self._weak
                if term.facet == "category":
                    for inner in self._within(word):
                        found.setdefault(inner.facet, []).append(inner.id)
                if term.facet == "category" and start < aside:
                    (weak if faint or trim else head).insert(0, term)
                else:
                    (last if faint or part else found).setdefault(term.facet, []).append(term.id)
        if head or weak:
            ordered = self._narrowest_first(head, weak)
            found["category"] = [t.id for t in ordered] + found.get("category", [])
        every = {facet: [*found.get(facet, ()), *last.get(facet, ())] for facet in FACETS}
        return {facet: tuple(dict.fromkeys(terms)) for facet, terms in every.items() if terms}

    def _narrowest_first(self, named: list[Term], weak: list[Term]) -> list[Term]:
        """The categories found, the one that is meant first."""
        terms = [*named, *weak]
        head = terms[0]
        for number, term in enumerate(terms):
            general = (*head.covers, *head.yields) if number < len(named) else head.covers
            if term.id != head.id and (head.id in self.widen(term.facet, term.id) or term.id in general):
                return [term, *terms]
        return terms

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the vocabulary's words stand in a normalised text, left to right: start and end."""
        plain = text.lower()
        # A few letters change their length with their case; then nothing is where it seems.
        return [(at, at + len(word)) for at, word in self._all.find(plain)] if len(plain) == len(text) else []

    def _within(self, word: str) -> list[Term]:
        """What else a category's word says: 运动裤 is also sports wear, "leather shoes" are also leather."""
        inside = (inner for _, inner in self._inner.find(word) if inner != word)
        return [term for inner in inside for term in self._words[inner] if term.facet in _IN_NAMES]

    def parse_column(self, facet: str, value: str) -> tuple[str, ...]:
        """The terms that a column of one facet names."""
        parsed = self.parse(value).get(facet, ())
        alone = self._columns.get((facet, _plain(value).strip()))
        return parsed or ((alone,) if alone else ())

    def lookup(self, facet: str, value: str) -> str | None:
        """The id of the term that a column's value such as ``Longsleeve`` stands for, or None."""
        parsed = self.parse_column(facet, value)
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
    return _extended(_shipped(), _vocabulary(own, str(extension)))


def _extended(shipped: Vocabulary, own: Vocabulary) -> Vocabulary:
    """A word that the shop gives a meaning of a facet keeps no other one of that facet."""
    taken: dict[str, set[str]] = {}
    for term in own.terms.values():
        words = (word.lower() for word in (*term.en, *term.zh, *term.weak))
        taken.setdefault(term.facet, set()).update(words)

    def rest(term: Term) -> Term:
        gone = taken.get(term.facet, set())
        en, zh, weak = (tuple(w for w in words if w.lower() not in gone) for words in (term.en, term.zh, term.weak))
        return replace(term, en=en, zh=zh, weak=weak)

    terms = {key: rest(term) for key, term in shipped.terms.items()}
    return Vocabulary({**terms, **own.terms}, (*shipped.ignored, *own.ignored))


@cache
def _shipped() -> Vocabulary:
    data = tomllib.loads(asset("vocabulary.toml").read_text(encoding="utf-8"))
    return _vocabulary(data, "vocabulary.toml")


def _vocabulary(data: Mapping[str, object], where: str) -> Vocabulary:
    terms: dict[tuple[str, str], Term] = {}
    ignored = data.get("ignored", {})
    if not isinstance(ignored, dict) or not set(ignored) <= {"en", "zh"}:
        raise PackshotError("ignored takes en, zh", where)
    for facet, entries in data.items():
        if facet == "ignored":
            continue
        if facet not in FACETS or not isinstance(entries, dict):
            raise PackshotError(f"unknown facet {facet!r}", where, f"Facets are {', '.join(FACETS)}.")
        for name, entry in entries.items():
            if not isinstance(entry, dict) or not set(entry) <= {"parent", *_LISTS}:
                raise PackshotError(f"{facet}.{name} takes parent, {', '.join(_LISTS)}", where)
            lists = {key: tuple(entry.get(key, ())) for key in _LISTS}
            terms[facet, name] = Term(facet, name, entry.get("parent"), **lists)
    return Vocabulary(terms, (*ignored.get("en", ()), *ignored.get("zh", ())))


def _plain(text: str) -> str:
    """A text as it is searched: NFKC, lower case, apostrophes as typewriters have them."""
    return unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'").replace("\u2018", "'")


def _forms(word: str) -> set[str]:
    """How a word may stand in a normalised text: lower case, singular and plural, hyphen or space."""
    word = unicodedata.normalize("NFKC", word).lower()
    forms = {word, word.replace("-", " ")}
    if word.isascii():
        forms |= {_plural(f) for f in forms}
        # The singular of one word is often another one: short, flat, heel.
        forms |= {f[:-1] for f in forms if " " in f and re.search(r"[^s']s$", f)}
    return forms


def _plural(word: str) -> str:
    if word.endswith("s") and not word.endswith("ss"):
        return word
    if word.endswith(("ss", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
