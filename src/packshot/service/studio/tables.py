"""The second tab: a table becomes a job that is followed, reviewed and downloaded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from packshot.catalog.readers import SUFFIXES
from packshot.errors import PackshotError
from packshot.service.core import Core
from packshot.service.failures import ApiError
from packshot.service.jobs.folders import JobFolder
from packshot.service.jobs.record import ENDED, JobRequest, Status
from packshot.service.studio.draw import _CLICKS, _first_market, markets
from packshot.service.studio.markup import button, empty, esc, message, table
from packshot.service.studio.told import reason
from packshot.service.studio.words import Words
from packshot.text.attributes import load_vocabulary

_PER_PAGE = 24
_REASONS = 200


@dataclass(frozen=True)
class Desk:
    """What one visitor looks at.

    Attributes:
        job: id of the job.
        page: of its review.
        redo: SKUs marked to be made anew.
        seen: when the job last changed, as it was last shown.
    """

    job: str = ""
    page: int = 0
    redo: tuple[str, ...] = ()
    seen: float = 0.0


def tab(core: Core, words: Words, page: gr.Blocks) -> None:
    """Build the tab."""
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=4, min_width=300):
            gr.Markdown(words.table_intro, elem_classes="intro")
            file = gr.File(label=words.table_file, file_types=list(SUFFIXES), elem_classes="file-box", height=150)
            preset = gr.Dropdown(markets(words), value=_first_market(words), label=words.market)
            count = gr.Radio([(str(n), n) for n in (1, 2, 4)], value=1, label=words.per_product)
            missing = gr.Checkbox(False, label=words.only_missing)
            go = gr.Button(words.submit, variant="primary")
            said = gr.HTML("", apply_default_css=False)
        with gr.Column(scale=8, min_width=300):
            jobs = gr.Dropdown([], label=words.jobs, visible=False)
            shown = gr.HTML(empty(words.no_jobs, words.table_intro), js_on_load=_CLICKS, apply_default_css=False)
    # It ticks while a job is under way and no longer: Gradio ends a page's stream whenever nothing is pending, and an
    # event that another part of the page starts at that very moment is dropped with it.
    desk, timer = gr.State(Desk()), gr.Timer(1.0, active=False)

    def submit(
        path: str | None, chosen: str, n: int, only_missing: bool, state: Desk, request: gr.Request
    ) -> tuple[Any, ...]:
        if not path:
            return message(words.no_file), gr.skip(), gr.skip(), state, gr.skip()
        try:
            wanted = JobRequest(n=int(n), all=not only_missing, preset=chosen or None)
            folder = core.desk.submit(_owner(request), Path(path).name, Path(path).read_bytes(), wanted)
        except (ApiError, PackshotError) as error:
            return message(words.error(error)), gr.skip(), gr.skip(), state, gr.skip()
        fresh = Desk(job=folder.path.name)
        return "", *_looked(core, words, fresh, request)

    def choose(id: str | None, request: gr.Request) -> tuple[Any, ...]:
        return _looked(core, words, Desk(job=id or ""), request)

    def look(state: Desk, request: gr.Request) -> tuple[Any, ...]:
        folder = _mine(core, state.job, request)
        if folder is None or folder.status.updated == state.seen:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        return _looked(core, words, state, request)

    def start(request: gr.Request) -> tuple[Any, ...]:
        mine = core.desk.of(_owner(request))
        return _looked(core, words, Desk(job=mine[0].path.name if mine else ""), request)

    def click(state: Desk, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        folder = _mine(core, state.job, request)
        if folder is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        action, value = str(getattr(event, "action", "")), str(getattr(event, "value", ""))
        # A second click finds the job at work already; the look says so.
        with contextlib.suppress(ApiError):
            state = _acted(core, folder, state, action, value)
        return _looked(core, words, state, request)

    # One after another: a look that began before a click and ends after it would bring back the desk as it was.
    quiet: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_id": "desk",
        "concurrency_limit": 1,
    }
    outputs = [jobs, shown, desk, timer]
    go.click(submit, [file, preset, count, missing, desk], [said, *outputs], **quiet)
    jobs.input(choose, [jobs], outputs, **quiet)
    shown.click(click, [desk], outputs, trigger_mode="multiple", **quiet)
    timer.tick(look, [desk], outputs, **quiet)
    page.load(start, None, outputs, **quiet)


def _acted(core: Core, folder: JobFolder, state: Desk, action: str, value: str) -> Desk:
    """What a click does to the job and to what is looked at."""
    if action == "page" and value.lstrip("-").isdigit():
        return Desk(state.job, max(0, int(value)), state.redo)
    if action == "mark":
        marked = tuple(s for s in state.redo if s != value) if value in state.redo else (*state.redo, value)
        return Desk(state.job, state.page, marked)
    if action == "redo" and state.redo:
        core.desk.redo(folder, state.redo)
        return Desk(state.job, state.page)
    if action == "cancel":
        core.desk.cancel(folder)
    if action == "resume":
        core.desk.resume(folder)
    return Desk(state.job, state.page, state.redo)


def _owner(request: gr.Request) -> str:
    return str(request.request.scope["packshot.owner"])


def _mine(core: Core, id: str, request: gr.Request) -> JobFolder | None:
    try:
        return core.desk.find(id, _owner(request)) if id else None
    except ApiError:
        return None


def _looked(core: Core, words: Words, state: Desk, request: gr.Request) -> tuple[Any, ...]:
    """The list of jobs, the chosen job's view, the state after it was seen, and whether to look again."""
    mine = core.desk.of(_owner(request))
    choices = [(_named(words, folder), folder.path.name) for folder in mine]
    folder = _mine(core, state.job, request)
    listed = gr.Dropdown(choices, value=state.job if folder else None, visible=bool(mine))
    if folder is None:
        return listed, empty(words.no_jobs, words.table_intro), state, gr.Timer(active=False)
    status = folder.status
    view = _job(words, folder, status)
    # Between a stop and what comes after it there is nothing to review.
    if status.state in ENDED:
        view += _review(core, words, folder, state)
    seen = Desk(state.job, state.page, state.redo, status.updated)
    return listed, view, seen, gr.Timer(active=status.state not in ENDED)


def _named(words: Words, folder: JobFolder) -> str:
    job = folder.job
    when = time.strftime("%m-%d %H:%M", time.localtime(job.created))
    return f"{job.table} · {when} · {words.states[folder.status.state]}"


def _job(words: Words, folder: JobFolder, status: Status) -> str:
    job, id = folder.job, folder.path.name
    done = status.state == "done"
    how = words.summary.format(status.made, status.refused, status.failed) if done else ""
    if status.state == "running" and status.total:
        how = words.progress.format(status.done, status.total)
        if status.seconds_left is not None:
            how += " · " + words.left.format(_duration(status.seconds_left))
    share = 100 if done else round(100 * status.done / status.total) if status.total else 0
    acts = ""
    if status.state in ("queued", "running"):
        acts = button("cancel", words.cancel)
    elif status.state in ("failed", "cancelled"):
        acts = button("resume", words.resume)
    elif folder.zip.is_file():
        acts = f'<a class="act strong" href="/api/jobs/{id}/zip" download>{esc(words.zip)}</a>'
    return (
        f'<div class="job"><div class="row"><div><b>{esc(job.table)}</b> '
        f'<span class="how" role="status">{esc(words.states[status.state])}{" · " if how else ""}{esc(how)}</span></div>{acts}</div>'
        f'<div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share}" '
        f'aria-label="{esc(words.states[status.state])}"><i style="width:{share}%"></i></div>'
        f"{message(words.said(status.error)) if status.error else ''}</div>"
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(1, round(seconds))} s"


def _review(core: Core, words: Words, folder: JobFolder, state: Desk) -> str:
    rows = core.desk.manifest(folder)
    made: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["status"] == "made":
            made.setdefault(row["sku"], []).append(row)
    skus = list(made)
    pages = max(1, -(-len(skus) // _PER_PAGE))
    page = min(state.page, pages - 1)
    cards = "".join(
        _card(words, folder, sku, made[sku], state) for sku in skus[page * _PER_PAGE : (page + 1) * _PER_PAGE]
    )
    parts = []
    if cards:
        redo = button("redo", words.redo_chosen.format(len(state.redo))) if state.redo else ""
        parts.append(
            f'<div class="results-head"><div><p class="section" style="margin-top:0 !important">{esc(words.review)}</p>'
            f'<p class="hint">{esc(words.review_hint)}</p></div>{redo}</div><div class="grid dense">{cards}</div>'
        )
    if pages > 1:
        parts.append(_pager(words, page, pages))
    parts.append(_not_made(words, [row for row in rows if row["status"] not in ("made", "has image")]))
    return "".join(parts)


def _card(words: Words, folder: JobFolder, sku: str, rows: Sequence[dict[str, Any]], state: Desk) -> str:
    from urllib.parse import quote

    # The seed in the address: an image that was made anew has the same name.
    images = "".join(
        f'<img loading="lazy" src="/api/jobs/{folder.path.name}/images/{quote(row["file"])}?{row["seed"]}" '
        f'alt="{esc(row["description"])}">'
        for row in rows
    )
    notes = dict.fromkeys(row["reason"] for row in rows if row["reason"])
    note = "".join(f'<span class="beware">{esc(reason(words, load_vocabulary(), n))}</span>' for n in notes)
    marked = sku in state.redo
    mark = (
        f'<button type="button" class="act" data-action="mark" data-value="{esc(sku)}" aria-pressed="{str(marked).lower()}">'
        f"{esc(words.redo)}</button>"
    )
    return (
        f'<article class="shot"><div class="frame">{images}</div><div class="facts"><b>{esc(sku)}</b>'
        f'<span>{esc(rows[0]["description"])}</span>{note}</div><div class="acts">{mark}</div></article>'
    )


def _pager(words: Words, page: int, pages: int) -> str:
    back = button("page", words.earlier, value=page - 1) if page else ""
    forward = button("page", words.later, value=page + 1) if page + 1 < pages else ""
    return f'<div class="pager">{back}<span>{esc(words.page.format(page + 1, pages))}</span>{forward}</div>'


def _not_made(words: Words, rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    vocabulary = load_vocabulary()
    cells = [
        [esc(row["sku"]), esc(row["description"]), esc(reason(words, vocabulary, row["reason"]))]
        for row in rows[:_REASONS]
    ]
    more = f'<p class="hint">… {len(rows) - _REASONS}</p>' if len(rows) > _REASONS else ""
    return f'<p class="section">{esc(words.not_made)} ({len(rows)})</p>{table(cells)}{more}'
