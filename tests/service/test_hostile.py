"""What strangers send: nothing of it may bring the server to its knees, or get more than a refusal."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient


def _bomb(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    pixels = packer.compress(b"\0" * 10_000_000) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _picture(kind: str = "PNG", size: tuple[int, int] = (64, 64)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


PICTURES: list[tuple[str, bytes, int]] = [
    ("bomb", _bomb(), 400),
    ("many pixels", _picture(size=(2500, 2500)), 413),
    ("empty", b"", 400),
    ("text", b"<svg onload=alert(1)>", 400),
    ("half a picture", _picture()[:60], 400),
    ("script", b"#!/bin/sh\nrm -rf /\n", 400),
    ("a zip", b"PK\x03\x04" + b"\0" * 100, 400),
    ("a good one", _picture(), 200),
]


@pytest.mark.parametrize(("name", "data", "status"), PICTURES, ids=[p[0] for p in PICTURES])
@pytest.mark.parametrize("path", ["/api/finish", "/api/check"])
def test_pictures(path: str, name: str, data: bytes, status: int, client: TestClient) -> None:
    answer = client.post(path, files={"image": (f"{name}.png", data)}, data={"preset": "ebay"})
    assert answer.status_code == status, answer.text[:200]
    if status != 200:
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("preset", ["../../etc/passwd", "/etc/passwd", "x.toml", "", "taobao\0", "<script>"])
def test_presets_are_names_and_no_paths(preset: str, client: TestClient) -> None:
    answer = client.post("/api/check", files={"image": ("a.png", _picture())}, data={"preset": preset})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "prompt",
    [
        "<script>alert(1)</script> red dress",
        "'; DROP TABLE jobs; -- red dress",
        "$(rm -rf /) `id` red dress",
        "red dress\r\nSet-Cookie: a=b",
        "red\0dress\x1b[31m",
        "\u202ered dress",
        "%s%n{0}{{7*7}} red dress",
        "../../../etc/passwd red dress",
        "é" * 1000 + " red dress",
        "红" * 3000,
        "👗" * 500 + "dress",
    ],
)
def test_descriptions_are_only_drawn(prompt: str, client: TestClient) -> None:
    answer = client.post("/v1/images/generations", json={"prompt": prompt, "seed": 1})
    assert answer.status_code == 200, answer.text[:200]
    assert "set-cookie" not in answer.headers
    image = client.get(answer.json()["data"][0]["url"])
    assert image.headers["content-type"] == "image/png"
    assert image.headers["x-content-type-options"] == "nosniff"


def test_a_hundred_megabytes_are_turned_away_unread(client: TestClient) -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        for _ in range(1600):
            taken += 65536
            yield b"x" * 65536

    for path, kind in (
        ("/v1/images/generations", "application/json"),
        ("/api/explain", "application/json"),
        ("/login", "application/x-www-form-urlencoded"),
    ):
        answer = client.post(path, content=endless(), headers={"content-type": kind})
        assert answer.status_code == 413, path
    length = {"content-type": "application/json", "content-length": "100000000"}
    assert client.post("/v1/images/generations", content=b"{}", headers=length).status_code == 413


def test_deep_and_wide_json(client: TestClient) -> None:
    deep = "[" * 50_000 + "]" * 50_000
    headers = {"content-type": "application/json"}
    assert client.post("/v1/images/generations", content=deep, headers=headers).status_code == 400
    wide = json.dumps({f"k{i}": i for i in range(5000)} | {"prompt": "red dress"})
    assert client.post("/v1/images/generations", content=wide, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/files/../keys.json",
        "/files/%2e%2e%2fkeys.json",
        "/files/..%5c..%5ckeys.json",
        "/api/jobs/..%2f..%2fkeys.json",
        "/api/jobs/%00",
        "/v1/models/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/docs-assets/../../keys.json",
        "/docs-assets/%2e%2e/%2e%2e/core.py",
    ],
)
def test_paths_lead_nowhere(path: str, client: TestClient) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404), answer.status_code
    assert "sha256" not in answer.text


def test_names_of_tables_are_not_believed(client: TestClient) -> None:
    core = client.app.state.core  # type: ignore[attr-defined]
    name = "../../../../tmp/x<script>.csv"
    answer = client.post("/api/jobs", files={"table": (name, b"sku,title\n1,red dress\n")})
    assert answer.status_code == 202
    job = answer.json()
    assert job["table"] == "x<script>.csv"
    inside = sorted(Path(core.desk.folders.root / job["id"]).rglob("*.csv"))
    assert [p.name for p in inside] == ["table.csv"]
    client.post(f"/api/jobs/{job['id']}/cancel")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer " + "x" * 5000},
        {"authorization": "Basic YTpi"},
        {"cookie": "packshot_key=" + "x" * 3000},
        {"cookie": "a=b; =; ;;; packshot_key"},
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data"},
        {"content-type": "application/xml"},
        {"x-forwarded-for": "1.2.3.4' OR 1=1"},
        {"range": "bytes=0-,0-,0-"},
    ],
)
def test_headers_of_every_kind(headers: dict[str, str], client: TestClient) -> None:
    assert client.get("/v1/models", headers=headers).status_code == 200
    assert client.post("/v1/images/generations", content=b"x", headers=headers).status_code in (400, 413)
