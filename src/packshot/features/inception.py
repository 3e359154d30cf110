"""The standard Inception-V3 features of published FID figures, from NVIDIA's TorchScript file.

The file is the exact translation of the network of Heusel et al. 2017. It is not shipped: users who have it name its
path, and users who are online let packshot fetch it. Only a file of the known SHA-256 is loaded, since TorchScript can
hold any program. This is the one kind of evaluation that needs torch.
"""

from __future__ import annotations

import warnings
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
from packshot.files import new_file, user_cache
from packshot.images.resize import to_square
from packshot.progress import ticker

SHA256 = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4"
URL = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/inception-2015-12-05.pt"
SIDE = 299
_BATCH = 8


class Inception:
    """Inception-V3 pool features and class probabilities.

    Args:
        path: ``inception-2015-12-05.pt``.
        known: the SHA-256 that it must have.

    Raises:
        PackshotError: torch is not installed, or the file is missing or another one.
    """

    name = "inception-v3"
    version = "2015-12-05"
    dim = 2048
    way = "resized to 299 px with an antialiasing bicubic filter as clean-fid does, 8 bits"

    def __init__(self, path: Path, known: str = SHA256) -> None:
        if find_spec("torch") is None:
            raise missing_extra("train", "torch")
        if not path.is_file():
            raise PackshotError("no such file", path, "Give inception-2015-12-05.pt, or download.")
        found = sha256(path)
        if found != known:
            raise PackshotError(
                f"not the known Inception file: its SHA-256 is {found[:16]}…, not {known[:16]}…", path, "Not loaded."
            )
        import torch

        self._torch: Any = torch
        with warnings.catch_warnings():
            # TorchScript is deprecated, and it is the format of the file.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._network: Any = self._torch.jit.load(str(path), map_location="cpu").eval()

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 2048) float32, one row a picture (h, w, 3) uint8 of any size."""
        rows = list(self.stream(pictures))
        return np.concatenate(rows) if rows else np.zeros((0, self.dim), np.float32)

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The rows of ``embed``, some at a time."""
        for batch in batched(iter(pictures), _BATCH):
            yield self._run(batch, return_features=True)

    def probabilities(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 1008) float32 class probabilities, for the Inception Score."""
        rows = [self._run(batch) for batch in batched(iter(pictures), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)

    def _run(self, batch: list[NDArray[np.uint8]], **options: bool) -> NDArray[np.float32]:
        pixels = np.stack([_resized(picture) for picture in batch]).transpose(0, 3, 1, 2)
        with self._torch.no_grad():
            out = self._network(self._torch.from_numpy(np.ascontiguousarray(pixels)), **options)
        return np.asarray(out.numpy(), np.float32)


def download(folder: Path | None = None, url: str = URL, known: str = SHA256) -> Path:
    """Fetch the file once and verify it.

    Args:
        folder: where it is kept; ``packshot`` in the user's cache by default.

    Raises:
        PackshotError: there is no network, or what came is another file.
    """
    import httpx

    path = (folder or user_cache()) / url.rsplit("/", 1)[-1]
    if path.is_file() and sha256(path) == known:
        return path
    try:
        with (
            new_file(path) as partial,
            httpx.stream("GET", url, follow_redirects=True, timeout=30) as answer,
            partial.open("wb") as file,
        ):
            answer.raise_for_status()
            size = int(answer.headers.get("content-length", 0)) or None
            with ticker("downloading Inception-V3", size) as shown:
                for part in answer.iter_bytes(1 << 20):
                    file.write(part)
                    shown.advance(len(part))
            file.flush()
            found = sha256(partial)
            if found != known:
                raise PackshotError(f"what came is another file: SHA-256 {found[:16]}…", url, "Not kept.")
    except (httpx.HTTPError, OSError) as error:
        raise PackshotError(
            f"Inception-V3 cannot be downloaded: {error}", url, "Fetch it elsewhere and give its path."
        ) from None
    return path


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(299, 299, 3) uint8: padded to a square with white, then each channel resized in floating point."""
    square = to_square(picture, max(picture.shape[:2]), "pad")
    if len(square) == SIDE:
        return square
    channels = [
        np.asarray(Image.fromarray(square[..., c].astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        for c in range(3)
    ]
    return np.rint(np.clip(np.stack(channels, axis=-1), 0, 255)).astype(np.uint8)
