"""A catalog as arrays, made once and kept in its cache: a memory map of pixels, and condition vectors beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.files import new_array, new_file
from packshot.images.resize import Fit, to_square
from packshot.progress import ticker
from packshot.text.attributes import Attributes
from packshot.text.compose import compose
from packshot.text.condition import LEAST, Conditioner

FEWEST = 16
# A handful of pictures shown more often than this is learned by heart.
MOST_REPEATS = 4.0
_CHUNK = 64
# A kind with fewer pictures says nothing about what is usual for it.
_TOLD_FROM = 8
# How often a product that has a description is shown with the short one that its attributes make.
_SHORT = 0.25
# Pictures that are compared with their mirror images, places a side, and the share of what single pictures differ by
# from which on a kind looks one way: 1 where all do, 1 / n where they look either way.
_LOOKED, _SIDE, _ONE_WAY = 512, 16, 0.25


class Seen(NamedTuple):
    """What one step sees.

    Attributes:
        pixels: (size, s, s, 3) uint8.
        condition: (size, condition_dim) float32, in one language.
        translated: the same in the other.
        latents: (size, ...) float32, where the set has any.
        asked: (size,) equal where the same is asked for, in whichever words.
        rehearsed: (size,) bool, where the set has pictures of a rehearsal.
        colored: (size,) whether the attribute inputs say what color is asked for.
    """

    pixels: NDArray[np.uint8]
    condition: NDArray[np.float32]
    translated: NDArray[np.float32]
    latents: NDArray[np.float32] | None
    asked: NDArray[np.int64]
    rehearsed: NDArray[np.bool_] | None
    colored: NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingSet:
    """The training split.

    Attributes:
        pixels: (n, s, s, 3) uint8, memory-mapped.
        vectors: (texts, d) float32 sentence vectors, each distinct text once.
        texts: (n, 2, 2) indices into ``vectors``: the description as it is written, then as its attributes make it,
            each in Chinese and in English; the same where one is missing.
        attributes: (n, terms) float32.
        terms: what the attribute inputs stand for, each ``facet:term``.
        latents: (n, 2, ...) float16, what a family computes once of every picture and of its mirror image.
        mirrored: (n,) whether a picture may be shown as its mirror image; None where all may.
        order: (m,) the pictures of one epoch, a picture of a rare kind several times; all of them once by default.
        kinds: (n,) the rank of each picture's category and color; without them no groups are formed.
        group: pictures of one kind that stand side by side in a batch, as far as they go round.
        rehearsed: (n,) whether a picture is of a rehearsal; None where none is.
        modes: (n, d) float32, what is told of each picture's mode; None where no modes were sought.
    """

    pixels: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    texts: NDArray[np.int64]
    attributes: NDArray[np.float32]
    terms: tuple[str, ...]
    latents: NDArray[np.float16] | None = None
    mirrored: NDArray[np.bool_] | None = None
    order: NDArray[np.int64] | None = None
    kinds: NDArray[np.int64] | None = None
    group: int = 1
    rehearsed: NDArray[np.bool_] | None = None
    modes: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def asked(self) -> NDArray[np.int64]:
        """(n,) equal where the same is asked for: the same mode and attributes or, where no kind is named, words too.

        Titles tell products apart that look the same, so attributes decide; but where they do not say what a product
        is, only its title does.
        """
        named = self._names("category", self.attributes)
        words = np.where(named[:, None], -1, self.texts[:, 0])
        told = [self.attributes, words, *([] if self.modes is None else [self.modes])]
        return np.unique(np.column_stack(told), axis=0, return_inverse=True)[1].reshape(-1)

    @property
    def epoch(self) -> NDArray[np.int64]:
        """The pictures of one epoch, unmixed."""
        return np.arange(len(self)) if self.order is None else self.order

    @property
    def condition_dim(self) -> int:
        return sum(part.shape[1] for part in (self.vectors, self.attributes, self.modes) if part is not None)

    def conditions(self) -> NDArray[np.float32]:
        """(4 n, c) what the descriptions say, without modes.

        All as they are written, in Chinese and then in English, and all as attributes make them, again in both.
        """
        said = [self.vectors[self.texts[:, form, language]] for form in (0, 1) for language in (0, 1)]
        return np.concatenate([np.concatenate([spoken, self.attributes], axis=1) for spoken in said])

    def batch(self, step: int, size: int, seed: int, *, mirror: bool, drop_text: float, drop_attributes: float) -> Seen:
        """What one step sees.

        A function of its arguments alone, so that a resumed training sees what an undisturbed one would have seen.
        All of an epoch is seen before the next begins, but for what is too few for a group.
        """
        rng = np.random.Generator(np.random.Philox(key=seed, counter=[step, 0, 0, 1]))
        rows = self._rows(step, size, seed)
        pixels = self.pixels[rows]
        flipped = (rng.random(size) < 0.5) & mirror
        if self.mirrored is not None:
            flipped &= self.mirrored[rows]
        pixels[flipped] = pixels[flipped, :, ::-1]
        latents = None if self.latents is None else self.latents[rows, flipped.astype(int)].astype(np.float32)
        language, kept = rng.integers(0, 2, size), rng.random((size, 1)) >= drop_text
        texts = self.texts[rows, (rng.random(size) < _SHORT).astype(int)]
        attributes = self.attributes[rows]
        attributes = attributes * (rng.random(attributes.shape) >= drop_attributes)
        known = [attributes] if self.modes is None else [attributes, self.modes[rows]]
        condition, translated = (
            np.concatenate([self.vectors[texts[np.arange(size), spoken]] * kept, *known], axis=1, dtype=np.float32)
            for spoken in (language, 1 - language)
        )
        rehearsed = None if self.rehearsed is None else self.rehearsed[rows]
        colored = self._names("color", attributes)
        return Seen(pixels, condition, translated, latents, self.asked[rows], rehearsed, colored)

    def few(self, count: int) -> TrainingSet:
        """Pictures evenly spread over an epoch, so that they are what a step sees; one may be there twice."""
        rows = self.epoch[np.linspace(0, len(self.epoch) - 1, min(count, len(self.epoch))).astype(int)]
        taken = ("pixels", "texts", "attributes", "mirrored", "rehearsed", "modes")
        own = {name: getattr(self, name) for name in taken}
        some: dict[str, Any] = {name: None if value is None else value[rows] for name, value in own.items()}
        return replace(self, **some, order=None, kinds=None)

    def joined(self, other: TrainingSet) -> TrainingSet:
        """This set and a rehearsal, held in memory; in an epoch each is repeated until both weigh about the same."""
        longest = max(len(self.epoch), len(other.epoch))
        mine, theirs = (np.tile(s.epoch, round(longest / len(s.epoch))) for s in (self, other))
        kinds = None
        if self.kinds is not None and other.kinds is not None:
            kinds = np.concatenate([self.kinds, other.kinds + self.kinds.max() + 1])
        return TrainingSet(
            pixels=np.concatenate([self.pixels, other.pixels]),
            vectors=np.concatenate([self.vectors, other.vectors]),
            texts=np.concatenate([self.texts, other.texts + len(self.vectors)]),
            attributes=np.concatenate([self.attributes, other.attributes]),
            terms=self.terms,
            mirrored=np.concatenate([s._mirrorable() for s in (self, other)]),
            order=np.concatenate([mine, theirs + len(self)]),
            kinds=kinds,
            group=self.group,
            rehearsed=np.repeat([False, True], [len(self), len(other)]),
            modes=None if self.modes is None or other.modes is None else np.concatenate([self.modes, other.modes]),
        )

    def with_latents(self, compute: Callable[[NDArray[np.uint8]], NDArray[np.float32]]) -> TrainingSet:
        """The same set with what ``compute`` makes of pictures (n, s, s, 3)."""
        parts = []
        with ticker("latents", len(self)) as shown:
            for start in range(0, len(self), _CHUNK):
                plain = self.pixels[start : start + _CHUNK]
                pair = [compute(np.array(p)) for p in (plain, plain[:, :, ::-1])]
                parts.append(np.stack(pair, axis=1).astype(np.float16))
                shown.advance(len(plain))
        return replace(self, latents=np.concatenate(parts))

    def _names(self, facet: str, attributes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(n,) whether attribute inputs (n, terms) say anything of a facet."""
        columns = [i for i, term in enumerate(self.terms) if term.startswith(f"{facet}:")]
        return np.asarray((attributes[:, columns] > 0).any(axis=1))

    def _mirrorable(self) -> NDArray[np.bool_]:
        return np.ones(len(self), bool) if self.mirrored is None else self.mirrored

    def _rows(self, step: int, size: int, seed: int) -> NDArray[np.int64]:
        first, parts, needed = step * size, [], size
        length = len(self.epoch) - len(self.epoch) % self.group if self.kinds is not None else len(self.epoch)
        while needed:
            epoch, at = divmod(first, length)
            rng = np.random.Generator(np.random.Philox(key=seed, counter=[epoch, 0, 0, 2]))
            mixed = rng.permutation(self.epoch)[:length]
            if self.kinds is not None:
                mixed = grouped(mixed, self.kinds[mixed], self.group, rng)
            part = mixed[at : at + needed]
            parts.append(part)
            needed -= len(part)
            first += len(part)
        return np.concatenate(parts)


def load_training_set(
    catalog: Catalog,
    rows: Sequence[int],
    resolution: int,
    fit: Fit,
    conditioner: Conditioner,
    *,
    balance: float = 0.0,
    group: int = 1,
) -> TrainingSet:
    """Rows of the training split of a catalog; see :func:`balanced`, :func:`grouped` and :func:`mirrorable`.

    A product that is described in one language is described in the other by its attributes, and now and then in both.

    Raises:
        PackshotError: there are fewer than ``FEWEST`` pictures.
    """
    if len(rows) < FEWEST:
        hint = f"{unused} more carry a flag of training.without." if (unused := len(catalog.train) - len(rows)) else ""
        raise PackshotError(f"only {len(rows)} training pictures, at least {FEWEST} are needed", catalog.path, hint)
    pixels = _load_pixels(catalog, rows, resolution, fit)
    frame = catalog.train[list(rows)]
    every = catalog.attributes("train")
    known = [every[i] for i in rows]
    written = frame.select("text", "text_zh", "text_en").iter_rows(named=True)
    forms = [_forms(row, compose(a, conditioner.vocabulary)) for row, a in zip(written, known, strict=True)]
    vectors, texts = _vectors(catalog, forms, conditioner)
    names = [[terms.get(facet, ("",))[0] for facet in ("category", "color")] for terms in known]
    categories = [category for category, _ in names]
    order = balanced(categories, balance) if balance else None
    kinds = np.unique(np.array(names, dtype=str), axis=0, return_inverse=True)[1] if group > 1 else None
    return TrainingSet(
        pixels,
        vectors,
        texts,
        conditioner.multi_hot(known),
        conditioner.terms,
        mirrored=mirrorable(pixels, categories),
        order=order,
        kinds=kinds,
        group=min(group, len(rows)),
    )


def mirrorable(pixels: NDArray[np.uint8], kinds: Sequence[str]) -> NDArray[np.bool_]:
    """(n,) which pictures may be mirrored: all but those of kinds that look one way, as shoes from the side do.

    A kind looks one way where its mean picture differs from its mirror image by much of what single ones differ by;
    were they to look either way, that would average out.

    Args:
        pixels: (n, s, s, 3).
        kinds: of every picture.
    """
    block = max(1, pixels.shape[1] // _SIDE)
    names, which = np.unique(np.array(kinds, dtype=str), return_inverse=True)
    allowed = np.ones(len(pixels), bool)
    for kind in range(len(names)):
        rows = np.flatnonzero(which == kind)
        if len(rows) < _TOLD_FROM:
            continue
        looked = rows[np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED)).astype(int)]
        grey = np.asarray(pixels[looked], np.float32).mean(axis=3)
        small = grey.reshape(len(looked), _SIDE, block, _SIDE, block).mean(axis=(2, 4))
        lopsided = small - small[:, :, ::-1]
        allowed[rows] = np.square(lopsided.mean(axis=0)).mean() < _ONE_WAY * np.square(lopsided).mean()
    return allowed


def balanced(kinds: Sequence[str], balance: float) -> NDArray[np.int64]:
    """The pictures of an epoch in which rare kinds are shown more often.

    The square root of a kind's share, rather than the share itself, is what Mahajan et al. 2018 train with.

    Args:
        kinds: of every picture.
        balance: 0 leaves the shares as they are, 0.5 takes their square root, 1 makes them equal; no picture is shown
            more than ``MOST_REPEATS`` times, and those of kinds with a few pictures, or of none, once.

    Returns:
        (m,) indices of pictures, m at least ``len(kinds)``.
    """
    names, which, counts = np.unique(np.array(kinds, dtype=str), return_inverse=True, return_counts=True)
    # A kind of a few pictures is as likely a word misread, and no name is no kind.
    told = (counts >= _TOLD_FROM) & (names != "")
    often = np.minimum((counts[told].max(initial=1) / counts) ** balance, MOST_REPEATS)
    often[~told] = 1
    return np.concatenate(
        [np.resize(np.flatnonzero(which == k), round(counts[k] * often[k])) for k in range(len(names))]
    )


def grouped(
    rows: NDArray[np.int64], kinds: NDArray[np.int64], group: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Mixed rows in groups of pictures of one kind, the groups mixed.

    Args:
        rows: (m,) mixed, m a multiple of ``group``.
        kinds: (m,) of each; what is left over of one kind stands with the next.

    Returns:
        (m,) the same rows.
    """
    # A picture that is shown several times is not its own neighbour: it counts which time this is.
    ordered = np.argsort(rows, kind="stable")
    _, first, counts = np.unique(rows[ordered], return_index=True, return_counts=True)
    time = np.empty_like(rows)
    time[ordered] = np.arange(len(rows)) - np.repeat(first, counts)
    groups = rows[np.lexsort((time, kinds))].reshape(-1, group)
    return rng.permutation(groups).reshape(-1)


def _load_pixels(catalog: Catalog, rows: Sequence[int], resolution: int, fit: Fit) -> NDArray[np.uint8]:
    """Pictures of the training split as a memory map (n, s, s, 3) uint8, made at the first call."""
    key = hashlib.sha256(json.dumps([catalog.fingerprint, resolution, fit, list(rows)]).encode()).hexdigest()
    path = catalog.cache_dir / f"pixels-{key[:16]}.npy"
    if not path.exists():
        shape = (len(rows), resolution, resolution, 3)
        with new_file(path) as partial, ticker(f"pictures at {resolution} px", len(rows)) as shown:
            out = new_array(partial, np.uint8, shape)
            for i, picture in enumerate(catalog.images("train", rows)):
                out[i] = to_square(picture, resolution, fit)
                shown.advance()
            out.flush()
    mapped: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return mapped


def vocabulary_counts(known: Sequence[Attributes], facet: str) -> tuple[str, ...]:
    """The first terms of a facet, most frequent first.

    Those of fewer than four products, a misread title among them, are left out unless there are no others.
    """
    firsts = [terms[facet][0] for terms in known if terms.get(facet)]
    names, counts = np.unique(np.array(firsts, dtype=str), return_counts=True)
    if (counts >= LEAST).any():
        names, counts = names[counts >= LEAST], counts[counts >= LEAST]
    return tuple(str(names[i]) for i in np.lexsort((names, -counts)))


def _forms(row: dict[str, str | None], composed: tuple[str, str]) -> list[str]:
    """The description in Chinese and in English, what is not written composed; and both composed, where that can be."""
    written, any_language = (row["text_zh"], row["text_en"]), row["text"] or ""
    zh, en = (own or other for own, other in zip(written, composed, strict=True))
    pair = [zh or en or any_language, en or zh or any_language]
    return pair + [short or long for short, long in zip(composed, pair, strict=True)]


def _vectors(
    catalog: Catalog, forms: Sequence[Sequence[str]], conditioner: Conditioner
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    distinct = sorted({text for own in forms for text in own})
    index = {text: i for i, text in enumerate(distinct)}
    encoder = conditioner.encoder
    key = json.dumps([encoder.name, encoder.version, distinct], ensure_ascii=False)
    path = catalog.cache_dir / f"vectors-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        parts = []
        with new_file(path) as partial, ticker("descriptions", len(distinct)) as shown:
            for start in range(0, len(distinct), 64):
                chunk = distinct[start : start + 64]
                parts.append(conditioner.vectors(chunk))
                shown.advance(len(chunk))
            np.save(partial, np.concatenate(parts))
    vectors: NDArray[np.float32] = np.load(path)
    return vectors, np.array([[index[text] for text in own] for own in forms]).reshape(-1, 2, 2)
