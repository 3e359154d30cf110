"""``packshot compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.evaluate import EngineName, FeaturesFolder, Images, Inception, Prompts, Seeds, settings_of
from packshot.cli.output import Json, emit
from packshot.progress import say


def add_to(app: typer.Typer) -> None:
    app.command("compare")(compare)


def compare(
    models: Annotated[list[Path], typer.Argument(help="Two or more model folders.", metavar="MODEL...")],
    catalog: Annotated[Path, typer.Option(help="Catalog folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the comparison.")] = Path("comparison"),
    prompts: Prompts = None,
    images: Images = None,
    seeds: Seeds = 16,
    inception: Inception = None,
    features: FeaturesFolder = None,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Judge models side by side: the same real pictures, seeds and descriptions."""
    from packshot.evaluation.compare import compare as run
    from packshot.evaluation.compare import table, told

    result = run(models, catalog, out, settings_of(prompts, images, seeds, inception, features, engine))
    for warning in result["models"][0]["warnings"]:
        say(f"packshot: warning: {warning}.")
    larger = told(result) or ["No difference is larger than its interval: these figures do not tell the models apart."]
    emit(result, as_json, [*table(result), *larger, str(out / "comparison.html")])
