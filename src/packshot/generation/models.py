"""Finding model folders: the user's by path, the default one in the package."""

from __future__ import annotations

from pathlib import Path

from packshot.artifact import ModelFolder
from packshot.assets import asset
from packshot.generation.hub import from_pretrained

_HUB = "hf:/"


def open_model(path: Path | None) -> ModelFolder:
    """The model folder at ``path``, or the default model.

    Args:
        path: a folder, ``hf://owner/name`` for a model on the Hugging Face Hub, or ``default`` unless that is a folder.

    Raises:
        PackshotError: no model there, damaged, or of a newer schema.
    """
    if path is None or (path == Path("default") and not path.exists()):
        return ModelFolder(asset("default"))
    # A Path keeps one of the two slashes.
    if path.as_posix().startswith(_HUB):
        return from_pretrained(path.as_posix().removeprefix(_HUB).lstrip("/"))
    return ModelFolder(path)
