"""Who may ask: keys, hosts, origins, rates, sizes; and the headers on every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.service.app import create_app
from packshot.service.guard import HEADERS
from packshot.service.keys import Keys
from packshot.service.settings import Settings

WANTED = {"prompt": "red dress", "response_format": "b64_json"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def guarded(keys: Keys, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    key = keys.add("shop")
    settings = Settings(state=tmp_path, studio=False, host="0.0.0.0", rate="5/minute")
    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client, key


def test_a_key_is_kept_as_a_hash_and_can_be_taken_back(keys: Keys) -> None:
    key = keys.add("shop")
    stored = keys.path.read_text()
    assert key not in stored
    assert keys.path.stat().st_mode & 0o077 == 0
    assert keys.owner(key) == "shop"
    assert keys.owner(key[:-1]) is None
    assert keys.owner("") is None
    with pytest.raises(PackshotError, match="already"):
        keys.add("shop")
    assert Keys(keys.path.parent).owner(key) == "shop"
    Keys(keys.path.parent).remove("shop")
    assert keys.owner(key) is None
    assert not keys


def test_without_the_key_nothing_is_told(guarded: tuple[TestClient, str]) -> None:
    client, key = guarded
    for path in ("/v1/models", "/api/jobs", "/metrics", "/docs", "/openapi.json", "/"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.json()["error"]["code"] == "invalid_api_key"
    assert client.get("/healthz").status_code == 200
    wrong = {"Authorization": "Bearer ps-wrong"}
    assert client.post("/v1/images/generations", json=WANTED, headers=wrong).status_code == 401
    right = {"Authorization": f"Bearer {key}"}
    assert client.post("/v1/images/generations", json=WANTED, headers=right).status_code == 200


def test_a_page_asks_for_the_key_and_remembers_it(guarded: tuple[TestClient, str]) -> None:
    client, key = guarded
    answer = client.get("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.get("/login").status_code == 200
    assert client.post("/login", data={"key": "<script>"}).status_code == 401
    answer = client.post("/login", data={"key": key})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/v1/models").status_code == 200


def test_a_key_may_ask_only_so_often(guarded: tuple[TestClient, str]) -> None:
    client, key = guarded
    headers = {"Authorization": f"Bearer {key}"}
    codes = [client.post("/v1/images/generations", json=WANTED, headers=headers) for _ in range(6)]
    assert [c.status_code for c in codes] == [200] * 5 + [429]
    assert 1 <= int(codes[-1].headers["retry-after"]) <= 60
    assert codes[-1].json()["error"]["type"] == "rate_limit_error"
    assert client.get("/v1/models", headers=headers).status_code == 200


def test_names_and_pages_of_others_are_refused(client: TestClient) -> None:
    assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 403
    assert client.get("/v1/models", headers={"host": "localhost:8000"}).status_code == 200
    evil = {"origin": "https://evil.example"}
    assert client.post("/v1/images/generations", json=WANTED, headers=evil).status_code == 403
    assert client.post("/v1/images/generations", json=WANTED, headers={"origin": "null"}).status_code == 403
    own = {"origin": "http://testserver"}
    assert client.post("/v1/images/generations", json=WANTED, headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/nothing", "/login", "/docs"])
def test_every_answer_carries_the_headers(path: str, client: TestClient) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers


def test_bodies_are_bounded(client: TestClient) -> None:
    answer = client.post("/v1/images/generations", json={"prompt": "x" * 1_000_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"
    stream = (b"x" * 65536 for _ in range(64))
    answer = client.post("/v1/images/generations", content=stream, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_images_by_address_cannot_be_guessed_or_led_astray(client: TestClient) -> None:
    for name in ("../keys.json", "..%2fkeys.json", "%2e%2e/keys.json", "x.png", "A" * 22 + ".png"):
        assert client.get(f"/files/{name}").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--host", "0.0.0.0"], 2, "--new-key"),
        (["-m", "{tmp}/nothing", "--port", "0"], 1, "no such model"),
        (["--rate", "often", "--port", "0"], 2, "no rate"),
        (["--redis", "redis://127.0.0.1:1/0", "--port", "0"], 1, "Redis cannot be reached"),
        (["--redis", "ftp://x", "--port", "0"], 2, "no address of Redis"),
        (["--remove-key", "nobody"], 2, "nobody"),
        (["--state", "{tmp}/file/state", "--port", "0"], 1, "cannot write: Not a directory"),
        (["--refuse-terms", "{tmp}/nothing"], 1, "cannot read"),
        (["-m", "a=x", "-m", "a=y"], 2, "two models"),
        (["-m", "{tmp}", "--port", "0"], 1, "no model folder"),
        (["-m", "a={tmp}", "--port", "0"], 1, "no model folder"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [a.format(tmp=tmp_path) for a in arguments]
    (tmp_path / "file").touch()
    assert run(["serve", "--state", str(tmp_path / "state"), "--no-studio", *given]) == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line


def test_keys_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--state", str(tmp_path), "--new-key", "shop", "--json"]) == 0
    key = json.loads(capsys.readouterr().out)["key"]
    assert Keys(tmp_path).owner(key) == "shop"
    assert run(["serve", "--state", str(tmp_path), "--remove-key", "shop"]) == 0
    assert not Keys(tmp_path)
