"""The fourth tab: why a picture came out as it did."""

from __future__ import annotations

import gradio as gr
from starlette.concurrency import run_in_threadpool

from packshot.errors import PackshotError
from packshot.explain import Explanation, explain
from packshot.service.core import Core
from packshot.service.failures import ApiError
from packshot.service.images import checked_prompt
from packshot.service.models import Offer
from packshot.service.studio.draw import seed_of, warned
from packshot.service.studio.markup import data_uri, empty, esc, figure, message, table
from packshot.service.studio.words import Words


def tab(core: Core, words: Words) -> None:
    """Build the tab."""
    with gr.Row(elem_classes="two-columns"):
        with gr.Column(scale=4, min_width=300):
            gr.Markdown(words.explain_intro, elem_classes="intro")
            text = gr.Textbox(words.example_texts[1], label=words.describe, lines=3, max_length=2000)
            seed = gr.Textbox("1", label=words.seed, max_lines=1, max_length=20)
            offered = list(core.models.offers)
            model = gr.Dropdown(offered, value=offered[0], label=words.model)
            go = gr.Button(words.explain, variant="primary")
        with gr.Column(scale=8, min_width=300):
            shown = gr.HTML(empty(words.explain_tab, words.explain_intro), apply_default_css=False)

    async def run(wanted: str, number: str, name: str) -> str:
        try:
            offer, clean, first = core.models.named(name), checked_prompt(core, wanted or ""), seed_of(number)
            async with core.bench.place():
                return _page(words, offer, await run_in_threadpool(explain, offer.generator, clean, first))
        except (ApiError, PackshotError) as error:
            return message(words.error(error))

    go.click(run, [text, seed, model], shown, api_visibility="private", show_progress_on=shown)


def _page(words: Words, offer: Offer, found: Explanation) -> str:
    most, at, said = max((w.effect for w in found.words), default=0.0) or 1.0, 0, ""
    for word in found.words:
        share = f"rgba(var(--heat), {0.5 * word.effect / most:.2f})"
        said += f'{esc(found.text[at : word.start])}<span style="background:{share}">{esc(word.word)}</span>'
        at = word.end
    said += esc(found.text[at:])
    maps = figure(data_uri(found.picture), found.text, esc(words.picture))
    maps += "".join(figure(data_uri(w.overlay), w.word, f"{esc(w.word)} <b>{w.effect:.1f}</b>") for w in found.words)
    parts = [
        f'<p class="said">{said}</p>',
        *(message(note, "note") for note in warned(words, offer, found.text)),
        *([] if found.words else [message(words.one_word, "note")]),
        f'<p class="section">{esc(words.word_maps)}</p><p class="hint">{esc(words.word_maps_hint)}</p>',
        f'<div class="figures">{maps}</div>',
    ]
    if found.nearest:
        rows = [[esc(n.sku), f"{n.distance:.2f}"] for n in found.nearest]
        hint = esc(words.nearest_hint.format(f"{found.near_copy or 0:.2f}"))
        parts.append(f'<p class="section">{esc(words.nearest)}</p><p class="hint">{hint}</p>{table(rows)}')
    parts.append(f'<p class="section">{esc(words.directions)}</p><p class="hint">{esc(words.directions_hint)}</p>')
    parts += [
        figure(data_uri(d.strip), words.directions, esc(words.of_change.format(round(100 * d.share))), "strip")
        for d in found.directions
    ]
    return "".join(parts)
