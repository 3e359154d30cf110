"""Finding model folders: the user's by path, the default one in the package."""

from __future__ import annotations

from pathlib import Path

from packshot.artifact import ModelFolder
from packshot.assets import asset


def open_model(path: Path | None) -> ModelFolder:
    """The model folder at ``path``, or the default model.

    Raises:
        PackshotError: no model there, damaged, or of a newer schema.
    """
    return ModelFolder(asset("default") if path is None else path)
