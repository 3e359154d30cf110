"""``/v1``: images and models as OpenAI's clients ask for them."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from packshot.batch.choosing import choose
from packshot.finishing import label
from packshot.finishing.finish import finish
from packshot.finishing.preset import Make, Preset, load, names
from packshot.generation.coverage import warnings_for
from packshot.generation.generator import Generated
from packshot.generation.write import to_png
from packshot.images.encode import SUFFIXES, Format, encode
from packshot.service.core import Core, core_of
from packshot.service.failures import ERRORS, ApiError
from packshot.service.models import Offer
from packshot.text.normalise import normalise

router = APIRouter(prefix="/v1", tags=["OpenAI"], responses=ERRORS)

MOST_CHARACTERS = 4000
_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
_LEAST, _MOST = 64, 2048
# Drawn for each image where the best quality is asked for.
_CANDIDATES = 4


class ImagesRequest(BaseModel):
    """What to draw. ``seed`` and ``preset`` are packshot's own; the rest is OpenAI's."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(description="A description in Chinese or English.")
    model: str | None = None
    n: int | None = Field(default=None, ge=1, le=10)
    size: str | None = Field(default=None, description='"auto" is as the model draws; else such as "1024x1024".')
    quality: Literal["auto", "low", "medium", "standard", "high", "hd"] | None = Field(
        default=None, description="high and hd keep the best of four, if the model brings what it takes to tell."
    )
    background: Literal["auto", "opaque", "transparent"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = None
    output_compression: int | None = Field(default=None, ge=0, le=100)
    response_format: Literal["url", "b64_json"] | None = Field(default=None, description="Both if left out.")
    moderation: Literal["auto", "low"] | None = None
    style: Literal["vivid", "natural"] | None = None
    user: str | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Of the first image; the others count on.")
    preset: str | None = Field(default=None, description="Finish for a market, as packshot finish does.")


class ImageData(BaseModel):
    """One image."""

    b64_json: str | None = None
    url: str | None = None
    seed: int


class Usage(BaseModel):
    """``input_tokens`` counts words and Han characters, ``output_tokens`` images."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class ImagesResponse(BaseModel):
    """The images."""

    created: int
    data: list[ImageData]
    background: str
    output_format: str
    quality: str
    size: str
    usage: Usage
    warnings: list[str] = Field(description="What the model was never trained on.")


class ModelCard(BaseModel):
    """One model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "packshot"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


@router.get("/models")
async def list_models(request: Request) -> ModelList:
    """The models that this server offers."""
    return ModelList(data=[_card(offer) for offer in core_of(request).models.offers.values()])


@router.get("/models/{model}")
async def get_model(request: Request, model: Annotated[str, Path(max_length=200)]) -> ModelCard:
    """One model."""
    return _card(core_of(request).models.named(model))


@router.post("/images/generations", response_model_exclude_none=True)
async def generate(request: Request, wanted: ImagesRequest) -> ImagesResponse:
    """Draw images from a description."""
    core = core_of(request)
    offer = core.models.named(wanted.model)
    text, target = checked_prompt(core, wanted.prompt), _target(wanted)
    count, candidates = wanted.n or 1, _CANDIDATES if wanted.quality in ("high", "hd") and offer.probes else 1
    first = secrets.randbelow(2**32) if wanted.seed is None else wanted.seed
    seeds = [(first + i) % 2**63 for i in range(count * candidates)]
    drawn = await asyncio.wrap_future(offer.painter.submit([(text, seed) for seed in seeds]))
    async with core.bench.place():
        files = await run_in_threadpool(_files, core, offer, drawn, candidates, wanted, target)
    data = []
    for picture, content, suffix in files:
        url = b64 = None
        if wanted.response_format != "b64_json":
            url = str(request.url_for("image_file", name=await run_in_threadpool(core.store.put, content, suffix)))
        if wanted.response_format != "url":
            b64 = base64.b64encode(content).decode()
        data.append(ImageData(b64_json=b64, url=url, seed=picture.seed))
    words = len(re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+", text))
    return ImagesResponse(
        created=int(time.time()),
        data=data,
        background="transparent" if wanted.background == "transparent" else "opaque",
        output_format=target.make.format if target else wanted.output_format or "png",
        quality=wanted.quality or "auto",
        size=f"{target.make.width}x{target.make.height}" if target else "{0}x{0}".format(drawn[0].record.width),
        usage=Usage(input_tokens=words, output_tokens=count, total_tokens=words + count),
        warnings=warnings_for(text, offer.folder.config, offer.generator.vocabulary),
    )


def checked_prompt(core: Core, prompt: str) -> str:
    """A description as it is drawn.

    Raises:
        ApiError: 400, it is empty, too long or holds a refused term.
    """
    if len(prompt) > MOST_CHARACTERS:
        message = f"prompt: at most {MOST_CHARACTERS} characters, it has {len(prompt)}."
        raise ApiError(400, message, "string_above_max_length", "prompt")
    text = normalise(prompt)
    if not text:
        raise ApiError(400, "prompt: it describes nothing.", "empty_string", "prompt")
    if core.settings.refused.find(text):
        core.metrics.turned_away.labels("refused_term").inc()
        raise ApiError(400, "The description was refused by this server's rules.", "content_policy_violation", "prompt")
    return text


def _card(offer: Offer) -> ModelCard:
    return ModelCard(id=offer.name, created=int((offer.folder.path / "config.json").stat().st_mtime))


def _target(wanted: ImagesRequest) -> Preset | None:
    """What to finish for; None leaves the picture as the model draws it."""
    transparent = wanted.background == "transparent"
    size = wanted.size if wanted.size not in (None, "auto") else None
    if transparent and wanted.output_format == "jpeg":
        raise ApiError(400, "JPEG has no transparency; ask for png or webp.", "invalid_value", "background")
    if wanted.preset is not None:
        if wanted.preset not in names():
            raise ApiError(400, f"preset: one of {', '.join(names())}.", "invalid_value", "preset")
        if size or transparent or wanted.output_format:
            raise ApiError(400, "A preset decides size, background and format.", "invalid_value", "preset")
        return load(wanted.preset)
    if size is None and not transparent:
        return None
    width, height = _pixels(size or "1024x1024")
    quality = 92 if wanted.output_compression is None else max(1, wanted.output_compression)
    form: Format = wanted.output_format or "png"
    background: Literal["white", "transparent"] = "transparent" if transparent else "white"
    make = Make(width=width, height=height, format=form, quality=quality, background=background)
    return Preset(name="plain", title="plain", market="", source="packshot", date="", make=make, rules={})


def _pixels(size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (_LEAST <= width <= _MOST and _LEAST <= height <= _MOST):
        message = f'size: "auto", or width x height of {_LEAST} to {_MOST} pixels each, such as "1024x1024".'
        raise ApiError(400, message, "invalid_value", "size")
    return width, height


def _files(
    core: Core, offer: Offer, drawn: Sequence[Generated], candidates: int, wanted: ImagesRequest, target: Preset | None
) -> list[tuple[Generated, bytes, str]]:
    """Each image's picture, bytes and suffix."""
    files = []
    for start in range(0, len(drawn), candidates):
        some = drawn[start : start + candidates]
        asked = offer.generator.vocabulary.parse(some[0].text)
        probes = offer.probes if candidates > 1 else None
        picture = some[choose([p.pixels for p in some], asked, probes)[0]]
        if core.nsfw is not None and core.nsfw.refuses(picture.pixels):
            raise ApiError(400, "A picture was held back by the NSFW filter.", "content_policy_violation")
        files.append((picture, *_encoded(picture, wanted, target)))
    return files


def _encoded(picture: Generated, wanted: ImagesRequest, target: Preset | None) -> tuple[bytes, str]:
    png = to_png(picture)
    if target is not None:
        finished = finish(png, target)
        return finished.data, finished.suffix
    form = wanted.output_format or "png"
    if form == "png":
        return png, ".png"
    quality = 92 if wanted.output_compression is None else max(1, wanted.output_compression)
    return encode(picture.pixels, form, quality=quality, xmp=label.xmp(picture.record)), SUFFIXES[form]
