"""OpenAI's own Python package, unchanged, against the server."""

from __future__ import annotations

import base64
import io
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from packshot.service.keys import Keys

from .conftest import Server

openai = pytest.importorskip("openai", reason="pip install openai")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    state: Path = tmp_path_factory.mktemp("openai")
    key = Keys(state).add("tester")
    refused = state / "refused.txt"
    refused.write_text("acme\n")
    server = Server(state, "--workers", "0", "--rate", "60/minute", "--refuse-terms", str(refused))
    yield server, key
    server.clear()


@pytest.fixture
def client(server: tuple[Server, str]) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{server[0].url}/v1", api_key=server[1], max_retries=0, timeout=120) as client:
        yield client


def test_generations_in_base64(client: Any) -> None:
    wanted = {"model": "default", "prompt": "红色连衣裙", "n": 2, "size": "256x256"}
    result = client.images.generate(**wanted, response_format="b64_json")
    assert len(result.data) == 2
    for item in result.data:
        with Image.open(io.BytesIO(base64.b64decode(item.b64_json))) as image:
            assert (image.format, image.size) == ("PNG", (256, 256))
        assert item.url is None
    assert result.usage.total_tokens == 7
    assert result.created > 1_700_000_000


def test_generations_by_address(client: Any) -> None:
    result = client.images.generate(prompt="blue shirt", response_format="url", output_format="webp")
    with urllib.request.urlopen(result.data[0].url) as answer:
        assert answer.headers["content-type"] == "image/webp"
        with Image.open(io.BytesIO(answer.read())) as image:
            assert image.format == "WEBP"


def test_as_newer_models_are_called(client: Any) -> None:
    # Without response_format, as for gpt-image: the bytes are in the answer.
    result = client.images.generate(prompt="black shoes", background="transparent", quality="low", moderation="low")
    with Image.open(io.BytesIO(base64.b64decode(result.data[0].b64_json))) as image:
        assert image.mode == "RGBA"
    assert result.background == "transparent"


def test_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["default"]
    assert client.models.retrieve("default").owned_by == "packshot"


def test_our_own_parameters_go_through(client: Any) -> None:
    wanted = {"prompt": "red dress", "extra_body": {"seed": 5}}
    first, again = (client.images.generate(**wanted).data[0] for _ in range(2))
    assert first.b64_json == again.b64_json


@pytest.mark.parametrize(
    ("wanted", "kind", "code"),
    [
        ({"prompt": ""}, openai.BadRequestError, "empty_string"),
        ({"prompt": "an Acme shirt"}, openai.BadRequestError, "content_policy_violation"),
        ({"prompt": "red dress", "n": 99}, openai.BadRequestError, "less_than_equal"),
        ({"prompt": "red dress", "size": "1x1"}, openai.BadRequestError, "invalid_value"),
        ({"prompt": "red dress", "model": "dall-e-3"}, openai.NotFoundError, "model_not_found"),
    ],
)
def test_errors_are_its_exceptions(wanted: dict[str, Any], kind: type[Exception], code: str, client: Any) -> None:
    with pytest.raises(kind) as error:
        client.images.generate(**wanted)
    assert error.value.code == code  # type: ignore[attr-defined]
    assert error.value.type == "invalid_request_error"  # type: ignore[attr-defined]


def test_a_wrong_key(server: tuple[Server, str]) -> None:
    with (
        openai.OpenAI(base_url=f"{server[0].url}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as error,
    ):
        client.images.generate(prompt="red dress")
    assert error.value.code == "invalid_api_key"


def test_too_many_requests(client: Any) -> None:
    with pytest.raises(openai.RateLimitError) as error:
        for _ in range(61):
            client.images.generate(prompt="red dress", response_format="url")
    assert int(error.value.response.headers["retry-after"]) >= 1
