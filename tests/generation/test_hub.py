"""Model folders from and to other folders, and a Hub that lies in a folder."""

from __future__ import annotations

import fnmatch
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from packshot.artifact import ModelFolder
from packshot.cli import run
from packshot.errors import PackshotError
from packshot.generation.generator import Generator
from packshot.generation.hub import from_pretrained, push_to_hub, save_pretrained
from packshot.generation.models import open_model

huggingface_hub = pytest.importorskip("huggingface_hub", reason="pip install 'packshot[hub]'")


class Hub:
    """What huggingface_hub does, with a folder for the Hub."""

    def __init__(self, root: Path) -> None:
        self.root, self.private = root, dict[str, bool]()

    def create_repo(self, repo_id: str, *, private: bool, exist_ok: bool) -> str:
        assert exist_ok
        huggingface_hub.utils.validate_repo_id(repo_id)
        (self.root / repo_id).mkdir(parents=True, exist_ok=True)
        self.private.setdefault(repo_id, private)
        return f"https://hub.example/{repo_id}"

    def upload_folder(self, *, repo_id: str, folder_path: str, allow_patterns: list[str], commit_message: str) -> None:
        assert commit_message
        self._copy(Path(folder_path), self.root / repo_id, allow_patterns)

    def snapshot_download(self, repo_id: str, *, allow_patterns: list[str], **_: Any) -> str:
        huggingface_hub.utils.validate_repo_id(repo_id)
        if not (self.root / repo_id).is_dir():
            import httpx

            answer = httpx.Response(404, request=httpx.Request("GET", "https://hub.example"))
            raise huggingface_hub.errors.RepositoryNotFoundError("404", response=answer)
        target = self.root / ".cache" / repo_id
        self._copy(self.root / repo_id, target, allow_patterns)
        return str(target)

    def _copy(self, source: Path, target: Path, patterns: list[str]) -> None:
        for path in source.rglob("*"):
            name = path.relative_to(source).as_posix()
            if path.is_file() and any(fnmatch.fnmatch(name, p) for p in patterns):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub(tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda **_: hub)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    return hub


def _pixels(model: ModelFolder) -> np.ndarray:
    return Generator(model, threads=1).picture("red dress", 4).pixels


def test_a_saved_model_is_the_same_model(tmp_path: Path) -> None:
    model = open_model(None)
    saved = save_pretrained(model, tmp_path / "copy")
    assert saved.identity == model.identity
    np.testing.assert_array_equal(_pixels(from_pretrained(tmp_path / "copy")), _pixels(model))
    with pytest.raises(PackshotError, match="exists already"):
        save_pretrained(model, tmp_path / "copy")


def test_there_and_back_again(hub: Hub, tmp_path: Path) -> None:
    model = open_model(None)
    own = save_pretrained(model, tmp_path / "own")
    (own.path / "notes.txt").write_text("private")
    (own.path / "neighbours.npz").write_bytes(b"skus")
    assert push_to_hub(own, "shop/dresses") == "https://hub.example/shop/dresses"
    assert hub.private == {"shop/dresses": True}
    uploaded = {p.relative_to(hub.root / "shop/dresses").as_posix() for p in (hub.root / "shop/dresses").rglob("*")}
    assert "graphs/generator.onnx" in uploaded
    assert not {"notes.txt", "neighbours.npz"} & uploaded
    # What others put beside it is not fetched.
    (hub.root / "shop/dresses" / "evil.py").write_text("boom")
    back = from_pretrained("shop/dresses")
    assert not (back.path / "evil.py").exists()
    np.testing.assert_array_equal(_pixels(back), _pixels(model))


@pytest.mark.usefixtures("hub")
def test_a_model_on_the_hub_can_be_named_everywhere(tmp_path: Path) -> None:
    push_to_hub(open_model(None), "shop/dresses", neighbours=True)
    assert run(["generate", "red dress", "-m", "hf://shop/dresses", "--seed", "1", "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "red-dress-1.png").exists()


def test_what_was_changed_on_the_way_is_refused(hub: Hub) -> None:
    push_to_hub(open_model(None), "shop/dresses")
    graph = hub.root / "shop/dresses/graphs/generator.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(PackshotError, match="damaged"):
        from_pretrained("shop/dresses")
    config = hub.root / "shop/dresses/config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "files": {"../../etc/passwd": "0" * 64}}))
    with pytest.raises(PackshotError, match="outside"):
        from_pretrained("shop/dresses")


@pytest.mark.parametrize(
    ("id", "message"), [("shop/nothing", "no such model"), ("not an id", "owner/name"), ("../up", "owner/name")]
)
@pytest.mark.usefixtures("hub")
def test_what_is_not_there(id: str, message: str) -> None:
    with pytest.raises(PackshotError, match=message):
        from_pretrained(id)


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(PackshotError) as error:
        from_pretrained("shop/dresses", cache_dir=tmp_path, local_files_only=True)
    assert "not downloaded before" in str(error.value)


def test_a_timeout_without_a_word_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise httpx.ReadTimeout("")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", late)
    with pytest.raises(PackshotError, match="ReadTimeout"):
        from_pretrained("shop/dresses")


def test_the_default_model_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_model(Path("default")).path == open_model(None).path
    (tmp_path / "default").mkdir()
    with pytest.raises(PackshotError):
        open_model(Path("default"))
