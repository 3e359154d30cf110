"""Model folders from and to the Hugging Face Hub, and to other folders.

What comes from the Hub is data only: graphs, arrays and JSON, every file that the configuration lists checked against
its SHA-256. Nothing that is downloaded is ever run as code or unpickled.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packshot.artifact import ModelFolder
from packshot.errors import PackshotError, missing_extra
from packshot.files import new_folder
from packshot.generation.modes import FILE as MODES

# What a model folder holds beside the files that its configuration lists.
_BESIDE = ("config.json", "README.md", "evaluation.json", "samples.png", "probes.npz")
_NEIGHBOURS = "neighbours.npz"
_WANTED = [*_BESIDE, _NEIGHBOURS, MODES, "model.safetensors", "graphs/*.onnx"]


def from_pretrained(
    path_or_id: str | Path,
    *,
    revision: str | None = None,
    cache_dir: Path | None = None,
    token: str | None = None,
    local_files_only: bool = False,
) -> ModelFolder:
    """A model folder by its path, or by its id on the Hub.

    Args:
        path_or_id: an existing folder, or ``owner/name``.
        revision: branch, tag or commit; a commit always gives the same model.
        cache_dir: where downloads are kept; None is the Hub's own cache.
        token: for private models; None takes the one that ``hf auth login`` stored.
        local_files_only: take what was downloaded before, and ask nobody.

    Raises:
        PackshotError: there is no such model, it cannot be reached, or a file of it is damaged.
    """
    if Path(path_or_id).is_dir():
        return _whole(ModelFolder(Path(path_or_id)))
    hub = _hub()
    with _told(str(path_or_id)):
        path = hub.snapshot_download(
            str(path_or_id),
            revision=revision,
            cache_dir=cache_dir,
            token=token,
            local_files_only=local_files_only,
            allow_patterns=_WANTED,
        )
    return _whole(ModelFolder(Path(path)))


def save_pretrained(
    model: ModelFolder, folder: Path | str, *, neighbours: bool = True, overwrite: bool = False
) -> ModelFolder:
    """Copy a model folder, whole and checked.

    Args:
        neighbours: also the index of training pictures.

    Raises:
        PackshotError: ``folder`` holds something already, or a file of the model is damaged.
    """
    with new_folder(Path(folder), overwrite=overwrite) as work:
        for name in _names(model, neighbours):
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(model.path / name, target)
    return ModelFolder(Path(folder))


def push_to_hub(
    model: ModelFolder,
    repo_id: str,
    *,
    private: bool = True,
    neighbours: bool = False,
    token: str | None = None,
    message: str = "Upload with packshot",
) -> str:
    """Upload a model folder and return the address of its page.

    Args:
        private: make the repository private if it is new.
        neighbours: also the index of training pictures, which names the catalog's SKUs.

    Raises:
        PackshotError: it cannot be reached or written, or a file of the model is damaged.
    """
    hub = _hub()
    names = _names(model, neighbours)
    with _told(repo_id):
        api = hub.HfApi(token=token)
        address = api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id, folder_path=str(model.path), allow_patterns=list(names), commit_message=message
        )
    return str(address)


def _names(model: ModelFolder, neighbours: bool) -> list[str]:
    """The files that make up a model, each checked; nothing else that lies in the folder."""
    _whole(model)
    beside = [*_BESIDE, *([_NEIGHBOURS] if neighbours else [])]
    return [*(name for name in beside if (model.path / name).is_file()), *model.config.files]


def _whole(model: ModelFolder) -> ModelFolder:
    for name in model.config.files:
        model.file(name)
    return model


def _hub() -> Any:
    if find_spec("huggingface_hub") is None:
        raise missing_extra("hub", "huggingface_hub")
    import huggingface_hub

    return huggingface_hub


@contextmanager
def _told(repo_id: str) -> Iterator[None]:
    """Turn the Hub's exceptions into one line."""
    from httpx import HTTPError
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError:
        raise PackshotError(f"{repo_id!r} is no model on the Hub", hint="An id is owner/name.", usage=True) from None
    except errors.GatedRepoError:
        raise PackshotError("access to the model must be asked for on its page", repo_id) from None
    except errors.RepositoryNotFoundError:
        hint = "Check the id; a private model needs a token (hf auth login)."
        raise PackshotError("no such model on the Hub", repo_id, hint) from None
    except errors.RevisionNotFoundError:
        raise PackshotError("the model has no such revision", repo_id) from None
    except errors.LocalEntryNotFoundError:
        raise PackshotError("the model was not downloaded before, and the Hub cannot be reached", repo_id) from None
    except (errors.HfHubHTTPError, HTTPError, OSError) as error:
        raise PackshotError(f"the Hub cannot be used: {_first_line(error)}", repo_id) from None


def _first_line(error: Exception) -> str:
    # Timeouts come without a word.
    return (str(error) or type(error).__name__).splitlines()[0][:160]
