"""The fifth tab: the models, with their cards and scores."""

from __future__ import annotations

import base64
import re
from typing import Any

import gradio as gr

from packshot.service.core import Core
from packshot.service.models import Offer
from packshot.service.studio.markup import esc
from packshot.service.studio.words import Words
from packshot.service.tools import model_view

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")


def tab(core: Core, words: Words) -> None:
    """Build the tab."""
    offered = list(core.models.offers)
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=4, min_width=300):
            name = gr.Dropdown(offered, value=offered[0], label=words.model)
            facts = gr.HTML(_facts(words, core.models.first), apply_default_css=False)
        with gr.Column(scale=8, min_width=300):
            card = gr.Markdown(_card(core.models.first), elem_classes="card-text", sanitize_html=True)

    def choose(chosen: str) -> tuple[str, str]:
        offer = core.models.named(chosen)
        return _facts(words, offer), _card(offer)

    name.input(choose, name, [facts, card], api_visibility="private", show_progress="hidden")


def _facts(words: Words, offer: Offer) -> str:
    view = model_view(offer.name, offer.generator)
    vocabulary, language = offer.generator.vocabulary, words.language
    rows: list[tuple[str, Any]] = [
        (words.family, view.family),
        (words.resolution, f"{view.resolution} × {view.resolution}"),
        (words.license, view.license),
        (words.kinds, ", ".join(vocabulary.name("category", c, language) for c in view.categories)),
        (words.colors, ", ".join(vocabulary.name("color", c, language) for c in view.colors)),
    ]
    facts = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in rows)
    samples = offer.folder.path / "samples.png"
    picture = ""
    if samples.is_file():
        data = base64.b64encode(samples.read_bytes()).decode()
        picture = f'<figure class="samples" style="margin-top:16px"><img src="data:image/png;base64,{data}" alt="{esc(words.samples)}"></figure>'
    return f'<dl class="model-facts">{facts}</dl>{picture}'


def _card(offer: Offer) -> str:
    """The card without its front matter, and without pictures that lie beside it."""
    text = model_view(offer.name, offer.generator).card
    return _IMAGE.sub("", _FRONT.sub("", text))
