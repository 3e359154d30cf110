"""What a generator is told of a description: its sentence vector, and its parsed attributes beside it.

The sentence vector carries what the vocabulary has no word for; the attributes carry colour, which sentence encoders
blur (red and blue leather shoes lie closer together than red leather shoes in two languages).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from packshot.text.attributes import FACETS, Attributes, Vocabulary
from packshot.text.encoder import TextEncoder

# Of fewer products a term is not learned, and may have been misread.
LEAST = 4


class Conditioner:
    """Descriptions to condition vectors.

    Args:
        encoder: the text encoder.
        terms: the attribute inputs, each ``facet:term``, in the order of their columns.
        vocabulary: what descriptions are parsed with.
    """

    def __init__(self, encoder: TextEncoder, terms: Sequence[str], vocabulary: Vocabulary) -> None:
        self.encoder, self.terms, self.vocabulary = encoder, tuple(terms), vocabulary
        self._column = {term: i for i, term in enumerate(self.terms)}

    @property
    def dim(self) -> int:
        """Length of a condition vector: the encoder's vector, then one input a term."""
        return self.encoder.dim + len(self.terms)

    def encode(self, texts: list[str], attributes: Sequence[Attributes] | None = None) -> NDArray[np.float32]:
        """(n, dim) float32.

        Args:
            attributes: what is known of each product; parsed from the text where it is not given.
        """
        known = [self.vocabulary.parse(t) for t in texts] if attributes is None else attributes
        return np.concatenate([self.vectors(texts), self.multi_hot(known)], axis=1, dtype=np.float32)

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, encoder.dim) float32, the encoder's part of a condition."""
        # A unit vector's entries are about 1/sqrt(dim); scaled to about 1, they weigh as much as an attribute.
        return self.encoder.encode(texts) * np.float32(math.sqrt(self.encoder.dim))

    def multi_hot(self, attributes: Iterable[Attributes]) -> NDArray[np.float32]:
        """(n, terms) float32: 1 for the first term of a facet and its wider terms, 0.5 for further ones."""
        rows = []
        for known in attributes:
            row = np.zeros(len(self.terms), np.float32)
            for facet, terms in known.items():
                for rank, term in enumerate(terms):
                    for wide in self.vocabulary.widen(facet, term):
                        column = self._column.get(f"{facet}:{wide}")
                        if column is not None:
                            row[column] = max(row[column], 1.0 if rank == 0 else 0.5)
            rows.append(row)
        return np.stack(rows) if rows else np.zeros((0, len(self.terms)), np.float32)


def terms_of(attributes: Iterable[Attributes], vocabulary: Vocabulary, *, least: int = LEAST) -> tuple[str, ...]:
    """The terms worth an input: those, wider ones included, that at least ``least`` products have."""
    counts: Counter[str] = Counter()
    for known in attributes:
        seen = {f"{f}:{wide}" for f, terms in known.items() for t in terms for wide in vocabulary.widen(f, t)}
        counts.update(seen)
    order = {facet: i for i, facet in enumerate(FACETS)}
    chosen = (term for term, n in counts.items() if n >= least)
    return tuple(sorted(chosen, key=lambda term: (order[term.split(":")[0]], term)))
