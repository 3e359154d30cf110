"""The model folder: what training writes and everything else reads.

``config.json`` says what the model is and lists weights and graphs with their SHA-256; ``graphs/*.onnx`` draw;
``model.safetensors`` holds the fp16 weights for those who train on; ``modes.npz``, where there are modes, says what
a generator is told of them; ``README.md`` is the card, ``evaluation.json`` the
scores, ``samples.png`` a look at it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from packshot.errors import PackshotError
from packshot.files import write_atomic

SCHEMA_VERSION = 1


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TextConfig(Strict):
    """How descriptions become condition vectors.

    Attributes:
        encoder, version: the text encoder.
        terms: attribute inputs, each ``facet:term``.
    """

    encoder: str
    version: str
    terms: tuple[str, ...]


class TrainingRecord(Strict):
    """Where a model comes from; the card tells it.

    Attributes:
        catalog: name of the catalog.
        license: licence of the catalog's pictures, as it states it.
        products: pictures trained on.
        steps, seconds, seed: the training's length and seed.
        recipe: every setting, so that the same command makes the same model.
    """

    catalog: str
    license: str
    products: int
    steps: int
    seconds: float
    seed: int
    recipe: Mapping[str, Any]


class ModelConfig(Strict):
    """``config.json``.

    Attributes:
        schema_version: of this file's form.
        name: what the model is called in files and cards.
        family: which family draws with it.
        architecture: the family's own configuration.
        resolution: side of the square pictures, pixels.
        fit: how training pictures became squares, see ``images.resize.to_square``.
        without: flags of catalog rows that it neither trained on nor is judged by.
        categories, colors: what it was trained on, most frequent first.
        text: how descriptions are encoded.
        sampler: the family's sampling defaults.
        training: where it comes from.
        packshot_version: which packshot wrote it.
        files: path in the folder → SHA-256 in hexadecimal.
    """

    schema_version: int
    name: str
    family: str
    architecture: Mapping[str, Any]
    resolution: int
    fit: Literal["crop", "pad"]
    without: tuple[str, ...]
    categories: tuple[str, ...]
    colors: tuple[str, ...]
    text: TextConfig
    sampler: Mapping[str, Any]
    training: TrainingRecord
    packshot_version: str
    files: Mapping[str, str]


class ModelFolder:
    """A model folder that was found whole.

    Args:
        path: the folder.

    Raises:
        PackshotError: no model there, one of a newer schema, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = _read_config(path)
        self._verified: set[str] = set()

    def file(self, name: str) -> Path:
        """The path of a file in the folder, its content checked against the configuration.

        Raises:
            PackshotError: the file is missing or its content has changed.
        """
        path = self.path / name
        # By its name, not by where it leads: the Hub's cache is made of links.
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise PackshotError("model configuration is damaged: it names a file outside", self.path)
        if name not in self._verified:
            expected = self.config.files.get(name)
            if expected is None or not path.is_file():
                raise PackshotError("model file is missing", path, "Copy the model folder again.")
            if sha256(path) != expected:
                raise PackshotError("model file is damaged", path, "Copy the model folder again.")
            self._verified.add(name)
        return path

    def graph(self, name: str) -> Path:
        """The path of an exported graph, checked."""
        return self.file(f"graphs/{name}.onnx")

    @cached_property
    def identity(self) -> str:
        """Ten hexadecimal digits that change with anything in the model."""
        sealed = json.dumps(self.config.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(sealed.encode()).hexdigest()[:10]


def write_config(folder: Path, config: ModelConfig, patterns: Sequence[str]) -> ModelConfig:
    """Write ``config.json``, listing the files of ``folder`` that match ``patterns``, and return it as written."""
    files = {
        path.relative_to(folder).as_posix(): sha256(path)
        for pattern in patterns
        for path in sorted(folder.glob(pattern))
    }
    sealed = config.model_copy(update={"files": files})
    write_json(folder / "config.json", sealed.model_dump(mode="json"))
    return sealed


def write_json(path: Path, content: object) -> None:
    """Write JSON that a person can read, atomically."""
    write_atomic(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_config(path: Path) -> ModelConfig:
    file = path / "config.json"
    if not path.is_dir() or not file.is_file():
        hint = "Give a folder that `packshot train` wrote."
        raise PackshotError("no model folder" if path.is_dir() else "no such model folder", path, hint)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        schema = int(content["schema_version"])
    except (ValueError, KeyError, TypeError):
        raise PackshotError("model configuration is damaged", file, "Copy the model folder again.") from None
    if schema > SCHEMA_VERSION:
        raise PackshotError(
            f"model folder has schema {schema}, newer than {SCHEMA_VERSION}",
            file,
            "Update packshot to use it.",
        )
    try:
        return ModelConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise PackshotError(f"model configuration is damaged: {field}: {first['msg']}", file) from None
