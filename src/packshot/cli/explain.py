"""``packshot explain``: why a picture came out as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.output import Json, Overwrite, emit


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain")(explain)


def explain(
    text: Annotated[str, typer.Argument(help="A description in Chinese or English.", metavar="TEXT")],
    out: Annotated[Path, typer.Option("-o", "--out", help="File: a page (.html), a picture (.png) or .json.")],
    model: Annotated[
        Path | None, typer.Option("-m", "--model", help="Model folder; the default model if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Of the picture.")] = 0,
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog that it was trained on, to show the nearest products.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Show which words moved which pixels, the nearest training products, and what the noise steers."""
    from packshot.errors import PackshotError
    from packshot.explain import explain as explain_text
    from packshot.explain.write import SUFFIXES, as_dict, write_explanation
    from packshot.generation.generator import Generator
    from packshot.generation.models import open_model

    if out.suffix.lower() not in SUFFIXES:
        raise PackshotError(f"unknown form {out.suffix!r}", out, f"Use {', '.join(SUFFIXES)}.", usage=True)
    found = explain_text(Generator(open_model(model)), text, seed, catalog)
    write_explanation(found, out, overwrite=overwrite)
    lines = [f"{w.word}: {w.effect:.1f}" for w in sorted(found.words, key=lambda w: -w.effect)]
    emit({**as_dict(found), "file": str(out)}, as_json, [*lines, *(f"note: {n}" for n in found.notes), str(out)])
