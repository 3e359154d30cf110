"""The studio, put together and mounted: ``/en`` and ``/zh``, and ``/`` that leads to the visitor's language."""

from __future__ import annotations

import os

# Before Gradio is loaded, which would report its use.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse

from packshot.service.core import Core
from packshot.service.studio import cards, draw, photos, reasons, tables
from packshot.service.studio.chinese import ZH
from packshot.service.studio.english import EN
from packshot.service.studio.look import head, theme
from packshot.service.studio.markup import esc
from packshot.service.studio.words import Words

_MARK = (
    '<svg class="mark" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" rx="10" fill="var(--accent)"/>'
    '<path d="M10 15.5 20 10l10 5.5v11L20 32l-10-5.5z" fill="none" stroke="var(--card)" stroke-width="2.4" '
    'stroke-linejoin="round"/><path d="m10 15.5 10 5.5 10-5.5M20 21v11" fill="none" stroke="var(--card)" '
    'stroke-width="2.4" stroke-linejoin="round"/></svg>'
)


def mount_studio(app: FastAPI, core: Core) -> FastAPI:
    """Add the studio to the service."""
    # Uploads lie with the rest of the state, and go after an hour.
    os.environ["GRADIO_TEMP_DIR"] = str(core.settings.state / "studio")

    @app.get("/", include_in_schema=False)
    async def front(request: Request) -> RedirectResponse:
        language = request.cookies.get("packshot_lang") or request.headers.get("accept-language", "")
        return RedirectResponse("/zh/" if language.lower().startswith("zh") else "/en/", 307)

    @app.get("/manifest.json", include_in_schema=False)
    async def manifest() -> dict[str, str]:
        # Gradio's page asks for it whether or not there is one.
        return {"name": "packshot", "display": "browser"}

    for words in (EN, ZH):
        app = gr.mount_gradio_app(
            app,
            _page(core, words),
            path=f"/{words.language}",
            footer_links=[],
            theme=theme(),
            head=head(words),
            show_error=False,
            max_file_size=core.settings.max_table,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            run_history=False,
        )
    return app


def _page(core: Core, words: Words) -> gr.Blocks:
    with gr.Blocks(title=words.title, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        gr.HTML(_top(core, words), apply_default_css=False)
        with gr.Tabs(elem_id="content"):
            with gr.Tab(words.draw_tab):
                draw.tab(core, words)
            with gr.Tab(words.table_tab):
                tables.tab(core, words, page)
            with gr.Tab(words.photo_tab):
                photos.tab(core, words)
            with gr.Tab(words.explain_tab):
                reasons.tab(core, words)
            with gr.Tab(words.model_tab):
                cards.tab(core, words)
    page.queue(default_concurrency_limit=8, max_size=core.settings.waiting)
    return page


def _top(core: Core, words: Words) -> str:
    other = "/zh/" if words.language == "en" else "/en/"
    out = ""
    if core.keys:
        out = f'<form method="post" action="/logout"><button>{esc(words.sign_out)}</button></form>'
    return (
        f'<a class="skip" href="#content">{esc(words.skip)}</a><header class="top">{_MARK}<div><h1>packshot</h1>'
        f'<p class="line">{esc(words.tagline)}</p></div><nav><a href="{other}" title="{esc(words.other_label)}" '
        f'lang="{"zh-CN" if words.language == "en" else "en"}">{esc(words.other)}</a>'
        f'<button type="button" data-do="theme">{esc(words.theme)}</button><a href="/docs">{esc(words.api)}</a>{out}</nav></header>'
    )
