"""``/v1``: what comes back for what is asked, and how a mistake is told."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from packshot.finishing.check import check
from packshot.finishing.label import read_labels
from packshot.finishing.preset import load
from packshot.generation.generator import Generator
from packshot.generation.models import open_model


def _draw(client: TestClient, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/v1/images/generations", json=wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _opened(item: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(item["b64_json"])))


def test_the_picture_is_that_of_packshot_generate(client: TestClient) -> None:
    result = _draw(client, prompt="红色连衣裙", n=2, seed=7)
    assert [item["seed"] for item in result["data"]] == [7, 8]
    own = Generator(open_model(None), threads=1).picture("红色连衣裙", 8).pixels
    np.testing.assert_array_equal(np.asarray(_opened(result["data"][1])), own)
    assert (result["size"], result["output_format"], result["background"]) == ("128x128", "png", "opaque")
    assert result["usage"] == {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    assert read_labels(base64.b64decode(result["data"][0]["b64_json"])).source_term == "trainedAlgorithmicMedia"


def test_both_forms_or_the_one_that_was_asked_for(client: TestClient) -> None:
    both = _draw(client, prompt="red dress", seed=1)["data"][0]
    assert client.get(both["url"]).content == base64.b64decode(both["b64_json"])
    assert "url" not in _draw(client, prompt="red dress", response_format="b64_json")["data"][0]
    assert "b64_json" not in _draw(client, prompt="red dress", response_format="url")["data"][0]


@pytest.mark.parametrize(("form", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_formats_and_sizes(form: str, name: str, client: TestClient) -> None:
    native = _draw(client, prompt="red dress", output_format=form)
    assert _opened(native["data"][0]).format == name
    sized = _draw(client, prompt="red dress", output_format=form, size="256x384", output_compression=60)
    image = _opened(sized["data"][0])
    assert (image.format, image.size, sized["size"]) == (name, (256, 384), "256x384")
    assert read_labels(base64.b64decode(sized["data"][0]["b64_json"])).prompt == "red dress"


def test_a_transparent_background(client: TestClient) -> None:
    result = _draw(client, prompt="black shoes", background="transparent", size="256x256", seed=3)
    alpha = np.asarray(_opened(result["data"][0]).getchannel("A"))
    assert alpha[:5, :5].max() == 0
    assert alpha.max() == 255
    assert result["background"] == "transparent"


def test_a_preset_makes_what_the_market_takes(client: TestClient) -> None:
    result = _draw(client, prompt="red dress", preset="taobao", seed=1)
    assert (result["size"], result["output_format"]) == ("800x800", "jpeg")
    assert check(base64.b64decode(result["data"][0]["b64_json"]), load("taobao")).passed


def test_what_the_model_never_saw_is_said(client: TestClient) -> None:
    assert "refrigerator" in _draw(client, prompt="refrigerator")["warnings"][0]


def test_models(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list"
    (model,) = listed["data"]
    assert client.get(f"/v1/models/{model['id']}").json() == model
    assert client.get("/v1/models/none").status_code == 404


MISTAKES: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({}, 400, "missing", "prompt"),
    ({"prompt": ""}, 400, "empty_string", "prompt"),
    ({"prompt": "\u0000\u200b <b></b>"}, 400, "empty_string", "prompt"),
    ({"prompt": "x" * 10_000}, 400, "string_above_max_length", "prompt"),
    ({"prompt": ["red"]}, 400, "string_type", "prompt"),
    ({"prompt": "an ACME shirt"}, 400, "content_policy_violation", "prompt"),
    ({"prompt": "red dress", "n": 0}, 400, "greater_than_equal", "n"),
    ({"prompt": "red dress", "n": 11}, 400, "less_than_equal", "n"),
    ({"prompt": "red dress", "model": "dall-e-3"}, 404, "model_not_found", "model"),
    ({"prompt": "red dress", "size": "huge"}, 400, "invalid_value", "size"),
    ({"prompt": "red dress", "size": "9999x9999"}, 400, "invalid_value", "size"),
    ({"prompt": "red dress", "quality": "best"}, 400, "literal_error", "quality"),
    ({"prompt": "red dress", "stream": True}, 400, "extra_forbidden", "stream"),
    ({"prompt": "red dress", "preset": "../../etc/passwd"}, 400, "invalid_value", "preset"),
    ({"prompt": "red dress", "preset": "taobao", "size": "64x64"}, 400, "invalid_value", "preset"),
    ({"prompt": "red dress", "background": "transparent", "output_format": "jpeg"}, 400, "invalid_value", "background"),
    ({"prompt": "red dress", "seed": -1}, 400, "greater_than_equal", "seed"),
]


@pytest.mark.parametrize(("wanted", "status", "code", "param"), MISTAKES, ids=lambda v: str(v)[:40])
def test_a_mistake_is_told_as_openai_tells_it(
    wanted: dict[str, Any], status: int, code: str, param: str | None, client: TestClient
) -> None:
    answer = client.post("/v1/images/generations", json=wanted)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    if code not in ("content_policy_violation", "model_not_found"):
        assert re.search(rf"\b{param}\b|JPEG|A preset decides", error["message"])


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"prompt": "\\ud800"}'])
def test_a_body_that_is_no_request(body: bytes, client: TestClient) -> None:
    answer = client.post("/v1/images/generations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["param"] in (None, "prompt")


def test_the_openapi_page_needs_nobody_else(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "swagger" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    schema = client.get("/openapi.json").json()
    assert {"/v1/images/generations", "/v1/models", "/api/jobs", "/api/finish"} <= set(schema["paths"])


def test_health_and_figures(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    _draw(client, prompt="red dress")
    assert client.get("/readyz").status_code == 200
    figures = client.get("/metrics").text
    assert 'packshot_requests_total{method="POST",route="/v1/images/generations",status="200"}' in figures
    assert "packshot_pictures_total" in figures
    # A method is the caller's choice, and would be a new figure each time.
    client.request("FOO123", "/healthz")
    figures = client.get("/metrics").text
    assert 'method="other",route="/healthz"' in figures
    assert "FOO123" not in figures
