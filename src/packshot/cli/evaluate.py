"""``packshot evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli.output import Json, emit
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
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Write the neighbour index that generate --no-copies needs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge a model against the held-out pictures of a catalog."""
    from packshot.evaluation.evaluate import Settings
    from packshot.evaluation.evaluate import evaluate as run

    result = run(model, catalog, out, Settings(prompts=prompts, images=images, seeds=seeds, neighbours=neighbours))
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
    return [*told, f"{result['ms_per_image']:.0f} ms an image"]
