"""``packshot evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    as_json: Json = False,
) -> None:
    """Judge a model against the held-out pictures of a catalog."""
    from packshot.evaluation.evaluate import evaluate as run

    result = run(model, catalog, out)
    for warning in result["warnings"]:
        say(f"packshot: warning: {warning}.")
    real = result["real_against_real"]
    emit(
        result,
        as_json,
        [
            f"{result['features']}, {result['images']['generated']} generated against {result['images']['real']} real",
            f"FID {result['fid']:.1f} (real against real {real['fid']:.1f})",
            f"KID × 1000 {1000 * result['kid']:.2f} (real against real {1000 * real['kid']:.2f})",
            f"{result['ms_per_image']:.0f} ms an image",
        ],
    )
