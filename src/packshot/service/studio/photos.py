"""The third tab: an own photo, finished for a market and held against its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from packshot.errors import PackshotError
from packshot.finishing.batch import PICTURE_SUFFIXES
from packshot.finishing.check import Report, Result, check
from packshot.finishing.finish import Options, finish
from packshot.finishing.preset import load, names
from packshot.images.decode import decode, pixel_size
from packshot.images.encode import encode
from packshot.images.resize import resize
from packshot.service.core import Core
from packshot.service.failures import ApiError
from packshot.service.studio.draw import _first_market, markets
from packshot.service.studio.markup import empty, esc, figure, message, table
from packshot.service.studio.told import reason, value
from packshot.service.studio.words import Words
from packshot.text.attributes import load_vocabulary

# The photo as it was, beside the result: no larger than it is shown.
_SHOWN = 800


def tab(core: Core, words: Words) -> None:
    """Build the tab."""
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=4, min_width=300):
            gr.Markdown(words.photo_intro, elem_classes="intro")
            file = gr.File(
                label=words.photo_file, file_types=list(PICTURE_SUFFIXES), elem_classes="file-box", height=150
            )
            preset = gr.Dropdown(markets(words)[1:], value=_first_market(words), label=words.market)
            enhance = gr.Checkbox(False, label=words.enhance)
            shadow = gr.Checkbox(False, label=words.shadow)
            ai = gr.Checkbox(False, label=words.ai)
            go = gr.Button(words.finish, variant="primary")
        with gr.Column(scale=8, min_width=300):
            shown = gr.HTML(empty(words.after, words.photo_intro), apply_default_css=False)

    async def run(path: str | None, chosen: str, better: bool, soft: bool, made: bool) -> str:
        if not path:
            return message(words.no_file)
        try:
            options = Options(ai_generated=made, enhance=better, shadow=soft)
            async with core.bench.place():
                return await run_in_threadpool(_finished, core, words, Path(path), chosen, options)
        except (ApiError, PackshotError) as error:
            return message(words.error(error))

    go.click(run, [file, preset, enhance, shadow, ai], shown, api_visibility="private", show_progress_on=shown)


def _finished(core: Core, words: Words, path: Path, chosen: str, options: Options) -> str:
    data = path.read_bytes()
    width, height = pixel_size(data)
    if width * height > core.settings.max_pixels or chosen not in names():
        raise ApiError(413, f"{width}×{height}: > {core.settings.max_pixels // 1_000_000} MP", "picture_too_large")
    if core.nsfw is not None and core.nsfw.refuses(decode(data).on_white()):
        raise ApiError(400, "The picture was held back by the NSFW filter.", "content_policy_violation")
    preset = load(chosen)
    done = finish(data, preset, options)
    before = decode(data).on_white()
    scale = min(1.0, _SHOWN / max(before.shape[:2]))
    small = resize(before, max(1, round(before.shape[1] * scale)), max(1, round(before.shape[0] * scale)))
    old = f"/files/{core.store.put(encode(small, 'jpeg'), '.jpg')}"
    new = f"/files/{core.store.put(done.data, done.suffix)}"
    name = f"{path.stem}-{preset.name}{done.suffix}"
    size = f'<span class="soft">{done.width} × {done.height}</span>'
    pair = figure(old, words.before, esc(words.before)) + figure(new, words.after, f"{esc(words.after)} {size}")
    link = f'<p style="margin:14px 0 0"><a class="act strong" href="{new}" download="{esc(name)}">{esc(words.download)}</a></p>'
    notes = "".join(message(reason(words, load_vocabulary(), note), "note") for note in done.notes)
    return f'<div class="figures two">{pair}</div>{link}{_rules(words, check(done.data, preset))}{notes}'


def _rule(words: Words, result: Result) -> str:
    """What is measured, in the page's language, and the rule as the market words it."""
    name = words.measures.get(result.measure, "")
    return f'{esc(name)} <span class="soft">{esc(result.why)}</span>' if name else esc(result.why)


def _rules(words: Words, report: Report) -> str:
    verdict = words.passed if report.passed else words.failed.format(len(report.failed))
    kinds = {"pass": "good", "fail": "bad", "warning": "beware", "unknown": "soft"}
    rows: list[list[Any]] = [
        [
            f'<span class="{kinds[r.status]}">{esc(words.marks[r.status])}</span>',
            _rule(words, r),
            esc(value(r)),
        ]
        for r in report.results
        if r.status != "skip"
    ]
    return f'<p class="section">{esc(words.rules)}: {esc(verdict)}</p>{table(rows)}'
