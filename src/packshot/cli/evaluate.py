"""``packshot evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli.output import Json, emit
from packshot.errors import PackshotError
from packshot.progress import say


def add_to(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    catalog: Annotated[Path, typer.Argument(help="Catalog folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write; the model folder by default.")
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(help="CSV of descriptions to follow: text, and language, category, color where known."),
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=2, help="Pictures to draw from held-out descriptions; at least 1024 by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Pictures for each description to follow.")] = 16,
    inception: Annotated[
        str | None,
        typer.Option(
            help="Standard Inception-V3 features: path of inception-2015-12-05.pt, or download.", metavar="FILE"
        ),
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="Features of a Hugging Face vision model (CLIP, DINOv2) in this folder.")
    ] = None,
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Write the neighbour index that generate --no-copies needs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge a model against the held-out pictures of a catalog."""
    from packshot.evaluation.evaluate import Settings
    from packshot.evaluation.evaluate import evaluate as run

    if inception and features:
        raise PackshotError("--inception and --features exclude each other", usage=True)
    settings = Settings(prompts, images, seeds, neighbours, inception, features)
    result = run(model, catalog, out, settings)
    for warning in result["warnings"]:
        say(f"packshot: warning: {warning}.")
    emit(result, as_json, lines(result))


def lines(result: dict[str, Any]) -> list[str]:
    """The figures, for a person."""
    from packshot.evaluation.card import METRICS, PERCENT, figure

    scores, real, copies = result["scores"], result["real_against_real"], result["memorisation"]
    told = [f"{result['features']}, {result['images']['generated']} generated against {result['images']['real']} real"]
    told += [
        f"{label} {figure(scores[name], form)}; real against real {figure(real[name], form)}"
        for name, label, form, _ in METRICS
        if name in scores
    ]
    told += [
        f"near-copies {figure(copies['near_copies'], PERCENT)}; authenticity {figure(copies['authenticity'], PERCENT)}"
    ]
    followed = result["adherence"]
    for facet, label in (("category", "kind of product"), ("color", "color")):
        if followed and followed[facet]:
            parts = [
                f"{name} {figure(part[facet]['of_ceiling'], PERCENT)}"
                for name, part in (("all", followed), ("Chinese", followed["zh"]), ("English", followed["en"]))
                if part[facet]
            ]
            told.append(f"follows the {label}, share of the ceiling: {', '.join(parts)}")
    spent = result["costs"]
    if spent["ms_per_image"]:
        told.append(f"{spent['ms_per_image']:.0f} ms an image on one core, {spent['peak_mb']:.0f} MB of memory")
    return told
