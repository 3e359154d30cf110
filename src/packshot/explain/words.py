"""Which words of a description move which pixels: each is left out in turn, and the pictures are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.generation.generator import Generator
from packshot.images.color import to_lab
from packshot.images.resize import resize
from packshot.text.attributes import Vocabulary

# More words than these say little of a picture, and each costs a few pictures.
MOST_WORDS = 24
# A word's effect is the mean over this many seeds; its map is that of the picture that is shown.
_SEEDS = 4
_SIDE = 320
_HEAT = np.array([232, 72, 32], np.float32)
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+(?:[-'’][^\W\u3400-\u9fff]+)*")


@dataclass(frozen=True)
class Word:
    """A word of the description.

    Attributes:
        word: as it stands there.
        start, end: where.
        effect: mean color difference (CIE 1976, ΔE*ab) of the pictures with and without it, over a few seeds.
        change: (s, s) float32, ΔE*ab of each pixel of the picture that is shown.
        overlay: (320, 320, 3) uint8, the change as heat over the picture in grey, one scale for all words.
    """

    word: str
    start: int
    end: int
    effect: float
    change: NDArray[np.float32]
    overlay: NDArray[np.uint8]


def words_of(text: str, vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Start and end of each word: the vocabulary's words whole, what lies between by spaces and signs."""
    found, at = [], 0
    for start, end in [*vocabulary.spans(text), (len(text), len(text))]:
        found += [(at + m.start(), at + m.end()) for m in _WORD.finditer(text[at:start])]
        if end > start:
            found.append((start, end))
        at = end
    return found


def without(text: str, start: int, end: int) -> str:
    """The description without one of its words."""
    between = " " if text[start:end].isascii() else ""
    rest = re.sub(r"\s+", " ", text[:start] + between + text[end:])
    return rest.strip(" ,，、;")


def word_maps(generator: Generator, text: str, seed: int) -> list[Word]:
    """Leave each of the first ``MOST_WORDS`` words out in turn; empty where the description is one word only.

    Args:
        text: normalised.
    """
    spans = [(a, b) for a, b in words_of(text, generator.vocabulary)[:MOST_WORDS] if without(text, a, b)]
    texts = [text, *(without(text, a, b) for a, b in spans)]
    # The same noise, and the same mode: a word that is left out may leave another one to be drawn.
    drawn = [_in_lab(generator, texts, s % 2**63, generator.mode(text, s % 2**63)) for s in range(seed, seed + _SEEDS)]
    whole = [next(pictures) for pictures in drawn]
    changes = [
        [np.linalg.norm(next(pictures)[1] - lab, axis=-1) for pictures, (_, lab) in zip(drawn, whole, strict=True)]
        for _ in spans
    ]
    if not changes:
        return []
    most = max(float(np.percentile(change[0], 99)) for change in changes)
    return [
        Word(
            text[a:b],
            a,
            b,
            float(np.mean(change)),
            change[0].astype(np.float32),
            _overlay(whole[0][0], change[0] / max(most, 1.0)),
        )
        for (a, b), change in zip(spans, changes, strict=True)
    ]


def _in_lab(
    generator: Generator, texts: Sequence[str], seed: int, mode: NDArray[np.int64] | None
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    for drawn in generator.pictures([(text, seed) for text in texts], mode=mode):
        yield drawn.pixels, to_lab(drawn.pixels)


def _overlay(picture: NDArray[np.uint8], heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    grey = resize(picture, _SIDE, _SIDE).astype(np.float32).mean(axis=-1, keepdims=True)
    # Lighter than it is, so that the heat is what is seen first.
    grey = 255 - (255 - grey) * 0.55
    strength = resize((np.clip(heat, 0, 1) * 255).astype(np.uint8), _SIDE, _SIDE).astype(np.float32)[..., None] / 255
    return np.clip(np.rint(grey * (1 - strength) + _HEAT * strength), 0, 255).astype(np.uint8)
