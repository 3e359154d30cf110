"""Features of a Hugging Face vision model, such as CLIP or DINOv2, from a local folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.artifact import sha256
from packshot.errors import PackshotError, missing_extra
from packshot.features.lite0 import batched
from packshot.images.resize import to_square

_BATCH = 8


class HubFeatures:
    """Image features of a model saved by ``save_pretrained``.

    CLIP-like models give their projected image embedding, others their pooled output, or the first token where they
    have none. Pictures are resized with an antialiasing bicubic filter to the model's size and normalised as its
    ``preprocessor_config.json`` says, else as ImageNet models are.

    Args:
        path: the model's folder, with ``config.json`` and ``model.safetensors``.

    Raises:
        PackshotError: transformers or torch is not installed, or there is no such model.
    """

    def __init__(self, path: Path) -> None:
        for package in ("torch", "transformers"):
            if find_spec(package) is None:
                raise missing_extra("hub", package)
        if not (path / "config.json").is_file():
            raise PackshotError("no Hugging Face model here", path, "Give a folder with config.json.")
        import torch
        from transformers import AutoModel

        self._torch = torch
        try:
            # Pickled weights are refused: only safetensors are read.
            self._model: Any = AutoModel.from_pretrained(path, local_files_only=True, use_safetensors=True).eval()
        except (OSError, ValueError, KeyError) as error:
            raise PackshotError(f"model cannot be loaded: {str(error).splitlines()[0]}", path) from None
        config = self._model.config
        vision = getattr(config, "vision_config", config)
        settings = _json(path / "preprocessor_config.json")
        self.side = _side(settings) or int(getattr(vision, "image_size", 224))
        self._mean = np.array(settings.get("image_mean", (0.485, 0.456, 0.406)), np.float32)
        self._std = np.array(settings.get("image_std", (0.229, 0.224, 0.225)), np.float32)
        self.name = f"{config.model_type}:{path.resolve().name}"
        whole = hashlib.sha256()
        for file in sorted((*path.glob("*.safetensors"), *path.glob("*config.json"))):
            whole.update(sha256(file).encode())
        self.version = whole.hexdigest()[:10]
        self.way = f"resized to {self.side} px with an antialiasing bicubic filter"
        self.dim = int(self._run([np.zeros((self.side, self.side, 3), np.uint8)]).shape[1])

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, dim) float32, one row a picture (h, w, 3) uint8 of any size."""
        rows = list(self.stream(pictures))
        return np.concatenate(rows) if rows else np.zeros((0, self.dim), np.float32)

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The rows of ``embed``, some at a time."""
        for batch in batched(iter(pictures), _BATCH):
            yield self._run(batch)

    def _run(self, batch: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        pixels = (np.stack([self._resized(p) for p in batch]) / np.float32(255) - self._mean) / self._std
        tensor = self._torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32))
        with self._torch.no_grad():
            if hasattr(self._model, "get_image_features"):
                out = self._model.get_image_features(pixel_values=tensor)
                # A plain tensor until transformers 4, an output object since.
                out = getattr(out, "pooler_output", out)
            else:
                found = self._model(pixel_values=tensor)
                pooled = getattr(found, "pooler_output", None)
                out = found.last_hidden_state[:, 0] if pooled is None else pooled
        return np.asarray(out.flatten(1).float().numpy(), np.float32)

    def _resized(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        square = to_square(picture, max(picture.shape[:2]), "pad")
        image = Image.fromarray(square).resize((self.side, self.side), Image.Resampling.BICUBIC)
        return np.asarray(image, np.uint8)


def _side(settings: dict[str, Any]) -> int | None:
    for name in ("crop_size", "size"):
        size = settings.get(name)
        if isinstance(size, dict):
            size = size.get("height") or size.get("shortest_edge")
        if isinstance(size, int):
            return size
    return None


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise PackshotError("preprocessor configuration is damaged", path) from None
    return content
