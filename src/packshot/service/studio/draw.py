"""The first tab: describe a product, and pictures appear as they are made."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from packshot.errors import PackshotError
from packshot.families.common.family import SamplingOptions
from packshot.features.lite0 import Lite0
from packshot.features.neighbours import nearest
from packshot.finishing.finish import finish
from packshot.finishing.preset import load, names
from packshot.generation.generator import Generated
from packshot.generation.write import file_name, to_png
from packshot.service.core import Core
from packshot.service.failures import ApiError
from packshot.service.images import checked_prompt
from packshot.service.models import Offer
from packshot.service.studio.markup import button, empty, esc, message
from packshot.service.studio.words import Words

COUNTS = (1, 2, 4, 8)
_TEMPERATURES = (0.6, 1.0, 1.25)
# How far a variation, and a picture like another, may leave it; for models that can vary a picture.
_VARIED, _LIKE = 0.6, 0.3
# A model that cannot is asked for so many others, of which the nearest are shown.
_OTHERS = 32
_CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-action]');
  if (button) trigger('click', { action: button.dataset.action, value: button.dataset.value });
});
"""


@dataclass(frozen=True)
class Shot:
    """A picture on the page."""

    picture: Generated
    url: str
    name: str


@dataclass(frozen=True)
class Round:
    """What was asked for last, and what came of it; kept for one visitor."""

    text: str = ""
    model: str = ""
    preset: str = ""
    temperature: float = 1.0
    shots: tuple[Shot, ...] = ()
    heading: str = ""
    warnings: tuple[str, ...] = field(default=())


def markets(words: Words) -> list[tuple[str, str]]:
    """The choices of a market: what is read, and the preset."""
    return [(words.no_market, ""), *((load(name).title, name) for name in names())]


def tab(core: Core, words: Words) -> None:
    """Build the tab."""
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=4, min_width=300):
            text = gr.Textbox(label=words.describe, info=words.describe_hint, lines=3, max_lines=8, max_length=2000)
            gr.HTML(_examples(words), apply_default_css=False)
            preset = gr.Dropdown(markets(words), value=_first_market(words), label=words.market)
            count = gr.Radio([(str(n), n) for n in COUNTS], value=4, label=words.count)
            style = gr.Radio(list(zip(words.styles, _TEMPERATURES, strict=True)), value=1.0, label=words.style)
            with gr.Accordion(words.more, open=False):
                seed = gr.Textbox(label=words.seed, info=words.seed_hint, max_lines=1, max_length=20)
                offered = list(core.models.offers)
                model = gr.Dropdown(offered, value=offered[0], label=words.model)
            go = gr.Button(words.draw, variant="primary")
        with gr.Column(scale=8, min_width=300):
            grid = gr.HTML(empty(words.empty_title, words.empty), js_on_load=_CLICKS, apply_default_css=False)
    last = gr.State(Round())

    async def draw(*asked: Any) -> AsyncIterator[tuple[str, Round]]:
        async for step in _draw(core, words, *asked):
            yield step

    async def again(round_: Round, event: gr.EventData) -> AsyncIterator[tuple[str, Round]]:
        action, value = getattr(event, "action", ""), getattr(event, "value", "")
        async for step in _again(core, words, round_, str(action), str(value)):
            yield step

    shown: dict[str, Any] = {"outputs": [grid, last], "api_visibility": "private", "show_progress": "hidden"}
    inputs = [text, preset, count, style, seed, model]
    go.click(draw, inputs, **shown)
    grid.click(again, [last], **shown)


def _first_market(words: Words) -> str:
    return "taobao" if words.language == "zh" else "google"


def _examples(words: Words) -> str:
    chips = "".join(f'<button type="button" data-do="fill">{esc(t)}</button>' for t in words.example_texts)
    return f'<p class="chips-title">{esc(words.examples)}</p><div class="chips">{chips}</div>'


async def _draw(
    core: Core, words: Words, text: str, preset: str, count: int, style: float, seed: str, model: str
) -> AsyncIterator[tuple[str, Round]]:
    try:
        offer, clean = core.models.named(model), checked_prompt(core, text or "")
        first = seed_of(seed)
    except ApiError as error:
        yield message(words.error(error)), Round()
        return
    warnings = warned(words, offer, clean)
    round_ = Round(clean, offer.name, preset, float(style), (), clean, warnings)
    wanted = [
        ((clean, first + i), SamplingOptions(temperature=float(style))) for i in range(min(int(count), COUNTS[-1]))
    ]
    async for step in _made(core, words, offer, round_, wanted):
        yield step


def warned(words: Words, offer: Offer, text: str) -> tuple[str, ...]:
    """What the model was never trained on, in the page's language; ``coverage.warnings_for`` says it for programs."""
    vocabulary, config, language = offer.generator.vocabulary, offer.folder.config, words.language
    said, found = vocabulary.parse(text), []
    kinds, known = said.get("category", ()), [vocabulary.name("category", c, language) for c in config.categories]
    if not kinds:
        found.append(words.no_kind.format(", ".join(known)))
    elif not any(wide in config.categories for kind in kinds for wide in vocabulary.widen("category", kind)):
        found.append(words.unknown_kind.format(vocabulary.name("category", kinds[0], language), ", ".join(known)))
    colors = [c for c in said.get("color", ()) if not set(vocabulary.widen("color", c)) & set(config.colors)]
    found += [words.unknown_color.format(vocabulary.name("color", c, language)) for c in colors[:1]]
    return tuple(found)


async def _again(core: Core, words: Words, round_: Round, action: str, value: str) -> AsyncIterator[tuple[str, Round]]:
    """Variations of a picture, or more like it."""
    chosen = next((s.picture for s in round_.shots if str(s.picture.seed) == value), None)
    if chosen is None or action not in ("variations", "like"):
        return
    offer = core.models.named(round_.model)
    heading = (words.variations_of if action == "variations" else words.like_of).format(chosen.seed)
    next_round = Round(round_.text, round_.model, round_.preset, round_.temperature, (), heading, round_.warnings)
    count, first = 4, secrets.randbelow(2**32)
    if offer.generator.can_vary:
        like = await run_in_threadpool(offer.generator.like, chosen.pixels)
        options = SamplingOptions(like=like, strength=_VARIED if action == "variations" else _LIKE)
        wanted = [((round_.text, first + i), options) for i in range(count)]
        async for step in _made(core, words, offer, next_round, wanted):
            yield step
        return
    options = SamplingOptions(temperature=round_.temperature)
    seeds = [first + i for i in range(count)]
    if action == "like":
        yield _page(words, next_round, [None] * count), next_round
        try:
            others = await asyncio.wrap_future(
                offer.painter.submit([(round_.text, first + i) for i in range(_OTHERS)], options)
            )
        except ApiError as error:
            yield message(words.error(error)), round_
            return
        async with core.bench.place():
            seeds = await run_in_threadpool(_nearest, chosen.pixels, others, count)
    async for step in _made(core, words, offer, next_round, [((round_.text, s), options) for s in seeds]):
        yield step


def _nearest(picture: NDArray[np.uint8], others: Sequence[Generated], count: int) -> list[int]:
    """Seeds of the pictures most like one, by lite0 features."""
    features = Lite0().embed([picture, *(o.pixels for o in others)])
    _, rows = nearest(features[:1], features[1:], count)
    return [others[row].seed for row in rows[0]]


async def _made(
    core: Core,
    words: Words,
    offer: Offer,
    round_: Round,
    wanted: Sequence[tuple[tuple[str, int], SamplingOptions]],
) -> AsyncIterator[tuple[str, Round]]:
    """Draw and finish pictures; the page after each of them."""
    shots: list[Shot | None] = [None] * len(wanted)
    yield _page(words, round_, shots), round_

    async def one(place: int) -> None:
        (request, options) = wanted[place]
        (picture,) = await asyncio.wrap_future(offer.painter.submit([request], options))
        async with core.bench.place():
            shots[place] = await run_in_threadpool(_shot, core, picture, round_.preset)

    tasks = [asyncio.create_task(one(place)) for place in range(len(wanted))]
    try:
        for done in asyncio.as_completed(tasks):
            await done
            yield _page(words, round_, shots), _with(round_, shots)
    except (ApiError, PackshotError) as error:
        yield message(words.error(error)) + _page(words, round_, shots), _with(round_, shots)
    finally:
        for task in tasks:
            task.cancel()


def _with(round_: Round, shots: Sequence[Shot | None]) -> Round:
    made = tuple(shot for shot in shots if shot is not None)
    return Round(round_.text, round_.model, round_.preset, round_.temperature, made, round_.heading, round_.warnings)


def _shot(core: Core, picture: Generated, preset: str) -> Shot:
    """A picture as a file that can be shown and downloaded."""
    if core.nsfw is not None and core.nsfw.refuses(picture.pixels):
        raise ApiError(400, "A picture was held back by the NSFW filter.", "content_policy_violation")
    data, suffix = to_png(picture), ".png"
    if preset in names():
        finished = finish(data, load(preset))
        data, suffix = finished.data, finished.suffix
    name = file_name(picture).removesuffix(".png") + suffix
    return Shot(picture, f"/files/{core.store.put(data, suffix)}", name)


def _page(words: Words, round_: Round, shots: Sequence[Shot | None]) -> str:
    ready = sum(shot is not None for shot in shots)
    how = words.drawing.format(len(shots)) if ready == 0 else words.drawn.format(ready, len(shots))
    head = f'<div class="results-head"><p class="what">{esc(round_.heading)}</p><p class="how" role="status">{esc(how)}</p></div>'
    warned = "".join(message(w, "note") for w in round_.warnings)
    cards = "".join(_card(words, shot) if shot else _WAITING for shot in shots)
    return f'{head}{warned}<div class="grid">{cards}</div><p class="small-print">{esc(words.ai_notice)}</p>'


_WAITING = '<article class="shot" aria-busy="true"><div class="frame waiting"></div></article>'


def _card(words: Words, shot: Shot) -> str:
    seed, text = shot.picture.seed, shot.picture.text
    label = words.seed_of.format(seed)
    return (
        f'<article class="shot"><div class="frame"><img src="{shot.url}" alt="{esc(text)}, {esc(label)}"></div>'
        f'<div class="facts"><b>{esc(label)}</b></div><div class="acts">'
        f'<a class="act" href="{shot.url}" download="{esc(shot.name)}">{esc(words.download)}</a>'
        f"{button('variations', words.variations, value=seed)}{button('like', words.like, value=seed)}"
        f'<button type="button" class="act" data-do="copy" data-text="{esc(text)}">{esc(words.copy)}</button>'
        "</div></article>"
    )


def seed_of(text: str) -> int:
    """The seed that a person wrote, or a new one.

    Raises:
        ApiError: 400, it is no seed.
    """
    text = (text or "").strip()
    if not text:
        return secrets.randbelow(2**32)
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**62:
        raise ApiError(400, "seed: a whole number of 0 or more.", "invalid_seed", "seed")
    return int(text)
