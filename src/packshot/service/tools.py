"""``/api``: finishing, checking and explaining pictures; what the server offers."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from packshot.finishing.check import check as check_one
from packshot.finishing.finish import Options, finish
from packshot.finishing.preset import Preset, load, names
from packshot.images.decode import decode, pixel_size
from packshot.service.core import Core, core_of
from packshot.service.failures import ERRORS, ApiError
from packshot.service.images import MOST_CHARACTERS, checked_prompt

router = APIRouter(prefix="/api", tags=["Pictures"], responses=ERRORS)

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif"}
Upload = Annotated[UploadFile, File(description="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.")]
PresetName = Annotated[str, Form(description="A market preset, see /api/presets.", max_length=64)]


class PresetView(BaseModel):
    """A market preset."""

    name: str
    title: str
    market: str
    width: int
    height: int
    format: str


class ModelView(BaseModel):
    """A model with its card and its scores."""

    name: str
    family: str
    resolution: int
    categories: list[str]
    colors: list[str]
    license: str
    card: str
    evaluation: dict[str, Any] | None
    can_vary: bool


class ExplainRequest(BaseModel):
    """What to explain."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    model: str | None = None
    seed: int = Field(default=0, ge=0, lt=2**63)


class WordMap(BaseModel):
    """What one word does."""

    word: str
    effect: float
    map_png: str


class Nearest(BaseModel):
    """A training product like the picture."""

    sku: str
    distance: float


class Direction(BaseModel):
    """One direction of the noise, as a strip of pictures."""

    share: float
    strip_png: str


class Explanation(BaseModel):
    """Pictures are PNG in base64."""

    text: str
    seed: int
    picture_png: str
    words: list[WordMap]
    nearest: list[Nearest]
    directions: list[Direction]
    notes: list[str]


@router.get("/presets")
async def presets() -> list[PresetView]:
    """The market presets."""
    return [_preset_view(load(name)) for name in names()]


@router.get("/models")
async def models(request: Request) -> list[ModelView]:
    """The models with their cards and scores."""
    return [model_view(offer.name, offer.generator) for offer in core_of(request).models.offers.values()]


@router.post("/finish", response_class=Response, responses={200: {"content": {t: {} for t in _TYPES.values()}}})
async def finish_picture(
    request: Request,
    image: Upload,
    preset: PresetName,
    ai_generated: Annotated[bool, Form(description="Label it as AI-made though it carries no label.")] = False,
    enhance: Annotated[bool, Form(description="Correct exposure, cast, haze, noise and softness.")] = False,
    shadow: Annotated[bool, Form(description="Draw a soft contact shadow.")] = False,
) -> Response:
    """Place, encode and label a picture for a market. Notes come in the header X-Packshot-Notes, as JSON."""
    core, chosen = core_of(request), _preset(preset)
    data = await _picture(core, image)
    options = Options(ai_generated=ai_generated, enhance=enhance, shadow=shadow)
    async with core.bench.place():
        await run_in_threadpool(_refuse_unsafe, core, data)
        done = await run_in_threadpool(finish, data, chosen, options)
    notes = quote(json.dumps(done.notes, ensure_ascii=False), safe=' {}[]",:')
    return Response(done.data, media_type=_TYPES[done.suffix], headers={"X-Packshot-Notes": notes})


@router.post("/check")
async def check_picture(request: Request, image: Upload, preset: PresetName) -> dict[str, Any]:
    """Hold a picture against a market's rules, and read its AI labels back."""
    core, chosen = core_of(request), _preset(preset)
    data = await _picture(core, image)
    async with core.bench.place():
        report = await run_in_threadpool(check_one, data, chosen)
    return {"preset": chosen.name, **report.as_dict()}


@router.post("/explain")
async def explain(request: Request, wanted: ExplainRequest) -> Explanation:
    """Which words moved which pixels, the nearest training products, and what the noise steers."""
    core = core_of(request)
    offer, text = core.models.named(wanted.model), checked_prompt(core, wanted.text)
    async with core.bench.place():
        return await run_in_threadpool(_explained, offer.generator, text, wanted.seed)


def model_view(name: str, generator: Any) -> ModelView:
    """A model with its card and scores."""
    folder = generator.model
    config = folder.config
    card, scores = folder.path / "README.md", folder.path / "evaluation.json"
    return ModelView(
        name=name,
        family=config.family,
        resolution=config.resolution,
        categories=list(config.categories),
        colors=list(config.colors),
        license=config.training.license,
        card=card.read_text(encoding="utf-8") if card.is_file() else "",
        evaluation=json.loads(scores.read_text(encoding="utf-8")) if scores.is_file() else None,
        can_vary=generator.can_vary,
    )


async def _picture(core: Core, image: UploadFile) -> bytes:
    """An uploaded picture that is not larger than allowed, unpacked or not."""
    data = await image.read()
    width, height = await run_in_threadpool(pixel_size, data)
    if width * height > core.settings.max_pixels:
        most = core.settings.max_pixels // 1_000_000
        raise ApiError(413, f"At most {most} megapixels; it has {width}×{height}.", "picture_too_large", "image")
    return data


def _refuse_unsafe(core: Core, data: bytes) -> None:
    if core.nsfw is not None and core.nsfw.refuses(decode(data).on_white()):
        raise ApiError(400, "The picture was held back by the NSFW filter.", "content_policy_violation", "image")


def _preset(name: str) -> Preset:
    # Only those that ship: a path is the caller's choice.
    if name not in names():
        raise ApiError(400, f"preset: one of {', '.join(names())}.", "invalid_value", "preset")
    return load(name)


def _preset_view(preset: Preset) -> PresetView:
    make = preset.make
    return PresetView(
        name=preset.name,
        title=preset.title,
        market=preset.market,
        width=make.width,
        height=make.height,
        format=make.format,
    )


def _explained(generator: Any, text: str, seed: int) -> Explanation:
    from packshot.explain import explain as explain_text

    found = explain_text(generator, text, seed)
    return Explanation(
        text=found.text,
        seed=found.seed,
        picture_png=_b64(found.picture),
        words=[WordMap(word=w.word, effect=w.effect, map_png=_b64(w.overlay)) for w in found.words],
        nearest=[Nearest(sku=n.sku, distance=n.distance) for n in found.nearest],
        directions=[Direction(share=d.share, strip_png=_b64(d.strip)) for d in found.directions],
        notes=list(found.notes),
    )


def _b64(pixels: Any) -> str:
    from packshot.images.encode import encode

    return base64.b64encode(encode(pixels, "png")).decode()
