"""Inception by file or download, Hugging Face models by folder: small networks of the same interfaces."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig, Dinov2Config, Dinov2Model

from packshot.errors import PackshotError
from packshot.features.cache import cached
from packshot.features.hub import HubFeatures
from packshot.features.inception import Inception, download


class Standin(nn.Module):
    """The interface of NVIDIA's file: uint8 pictures in, features or class probabilities out."""

    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Linear(12, 5)

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        assert img.dtype == torch.uint8
        assert img.shape[2:] == (299, 299)
        x = nn.functional.adaptive_avg_pool2d(img.to(torch.float32), [2, 2]).flatten(1)
        if return_features:
            return x
        return torch.softmax(self.output(x / 100), dim=1)


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("inception") / "inception-2015-12-05.pt"
    with warnings.catch_warnings():
        # The format is deprecated, and it is the format of the file.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Standin()).save(str(path))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def _pictures(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (64 + 9 * i, 64, 3), dtype=np.uint8) for i in range(n)]


def test_inception_gives_features_and_probabilities(standin: tuple[Path, str]) -> None:
    network = Inception(*standin)
    pictures = _pictures(11)
    features = network.embed(pictures)
    assert features.shape == (11, 12)
    # Means of quarters of the picture survive an antialiased resize.
    plain = pictures[0].astype(np.float64)
    quarters = [plain[a : a + 32, b : b + 32, c].mean() for c in range(3) for a in (0, 32) for b in (0, 32)]
    np.testing.assert_allclose(features[0], quarters, atol=1.5)
    chances = network.probabilities(pictures)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)


def test_only_the_known_file_is_loaded(standin: tuple[Path, str], tmp_path: Path) -> None:
    other = tmp_path / "inception-2015-12-05.pt"
    other.write_bytes(standin[0].read_bytes() + b"x")
    with pytest.raises(PackshotError, match="not the known Inception file"):
        Inception(other, standin[1])
    with pytest.raises(PackshotError, match="no such file"):
        Inception(tmp_path / "none.pt")


@pytest.fixture
def server(standin: tuple[Path, str]) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(standin[0].parent))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}/{standin[0].name}"
        http.shutdown()
        thread.join()


def test_the_file_is_downloaded_once_and_verified(server: str, standin: tuple[Path, str], tmp_path: Path) -> None:
    path = download(tmp_path, server, standin[1])
    assert path.read_bytes() == standin[0].read_bytes()
    assert download(tmp_path, "http://127.0.0.1:9/inception-2015-12-05.pt", standin[1]) == path
    with pytest.raises(PackshotError, match="another file"):
        download(tmp_path / "b", server, "0" * 64)
    with pytest.raises(PackshotError, match="cannot be downloaded"):
        download(tmp_path / "c", server + "x", standin[1])
    with pytest.raises(PackshotError, match="cannot be downloaded"):
        download(tmp_path / "d", "http://127.0.0.1:9/x.pt", standin[1])
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p != path]


def test_hugging_face_models_give_features(tmp_path: Path) -> None:
    torch.manual_seed(0)
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
    vision = CLIPVisionConfig(**small, intermediate_size=32)
    text = CLIPTextConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
    clip = CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8)).eval()
    dino = Dinov2Model(Dinov2Config(**small)).eval()
    for name, model, dim in (("clip", clip, 8), ("dino", dino, 16)):
        model.save_pretrained(tmp_path / name)
        features = HubFeatures(tmp_path / name)
        assert features.side == 28
        assert features.dim == dim
        found = features.embed(_pictures(10))
        alone = features.embed(_pictures(10)[4:5])
        assert found.shape == (10, dim)
        np.testing.assert_allclose(found[4:5], alone, atol=1e-5)
    assert HubFeatures(tmp_path / "clip").version != HubFeatures(tmp_path / "dino").version
    with pytest.raises(PackshotError, match="no Hugging Face model"):
        HubFeatures(tmp_path)


def test_features_are_computed_once_for_each_content(standin: tuple[Path, str], tmp_path: Path) -> None:
    network, pictures, calls = Inception(*standin), _pictures(9), []

    def make() -> Iterator[np.ndarray]:
        calls.append(1)
        return network.stream(pictures)

    network.dim = 12
    first = cached(tmp_path, ["a"], network, 9, make, "features")
    again = cached(tmp_path, ["a"], network, 9, make, "features")
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, network.embed(pictures))
    assert len(calls) == 1
    cached(tmp_path, ["b"], network, 9, make, "features")
    assert len(calls) == 2
