"""``packshot evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.output import Json, emit
from packshot.errors import PackshotError
from packshot.progress import say

if TYPE_CHECKING:
    from packshot.evaluation.evaluate import Settings


Prompts = Annotated[
    Path | None,
    typer.Option(help="CSV of descriptions to follow: text, and language, category, color where known."),
]
Images = Annotated[
    int | None, typer.Option(min=2, help="Pictures to draw from held-out descriptions; at least 1024 by default.")
]
Seeds = Annotated[int, typer.Option(min=1, max=1000, help="Pictures for each description to follow.")]
Inception = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Standard features: inception-2015-12-05.pt, or download to fetch it."),
]
FeaturesFolder = Annotated[
    Path | None, typer.Option(help="Features of a Hugging Face vision model (CLIP, DINOv2) in this folder.")
]

EngineName = Annotated[str, typer.Option("--engine", help="Where real pictures are measured: local, or ray.")]


def add_to(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    catalog: Annotated[Path, typer.Argument(help="Catalog folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write; the model folder by default.")
    ] = None,
    prompts: Prompts = None,
    images: Images = None,
    seeds: Seeds = 16,
    inception: Inception = None,
    features: FeaturesFolder = None,
    engine: EngineName = "local",
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Write the neighbour index that generate --no-copies needs.")
    ] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Write only a page on which a person tells real from generated.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge a model against the held-out pictures of a catalog."""
    from packshot.evaluation.evaluate import evaluate as run
    from packshot.evaluation.evaluate import write_blind_page

    if blind:
        page = write_blind_page(model, catalog, out)
        emit({"page": str(page)}, as_json, [str(page)])
        return
    settings = settings_of(prompts, images, seeds, inception, features, engine, neighbours=neighbours)
    result = run(model, catalog, out, settings)
    for warning in result["warnings"]:
        say(f"packshot: warning: {warning}.")
    emit(result, as_json, [*lines(result), str((out or model) / "report.html")])


def settings_of(
    prompts: Path | None,
    images: int | None,
    seeds: int,
    inception: str | None,
    features: Path | None,
    engine: str,
    *,
    neighbours: bool = False,
) -> Settings:
    """What both verbs can be told.

    Raises:
        PackshotError: two kinds of features are asked for.
    """
    from packshot.evaluation.evaluate import Settings

    if inception and features:
        raise PackshotError("--inception and --features exclude each other", usage=True)
    return Settings(prompts, images, seeds, neighbours, inception, features, engine)


def lines(result: dict[str, Any]) -> list[str]:
    """The figures, for a person."""
    from packshot.evaluation.card import METRICS, PERCENT, TENTHS, figure

    scores, real, copies = result["scores"], result["real_against_real"], result["memorisation"]
    told = [f"{result['features']}, {result['images']['generated']} generated against {result['images']['real']} real"]
    told += [
        f"{label} {figure(scores[name], form)}; real against real {figure(real[name], form)}"
        for name, label, form, _ in METRICS
        if name in scores
    ]
    told += [
        f"near-copies {figure(copies['near_copies'], TENTHS)}; authenticity {figure(copies['authenticity'], PERCENT)}"
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
