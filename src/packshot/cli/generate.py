"""``packshot generate``."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli.output import Json, Overwrite, emit
from packshot.errors import PackshotError
from packshot.progress import say, track


def add_to(app: typer.Typer) -> None:
    app.command("generate")(generate)


def generate(
    texts: Annotated[list[str], typer.Argument(help="Descriptions in Chinese or English.", metavar="TEXT...")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the pictures.")] = Path("out"),
    model: Annotated[
        Path | None, typer.Option("-m", "--model", help="Model folder; the default model if left out.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=10_000, help="Pictures for each description.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Seed of the first picture; random if left out.")
    ] = None,
    like: Annotated[Path | None, typer.Option(help="Vary this picture (flow and vae models).")] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="How far --like may be left.")] = 0.5,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Below 1: safer and less varied.")] = 1.0,
    steps: Annotated[
        int | None, typer.Option(min=1, max=200, help="Calls of the network a picture takes (flow models).")
    ] = None,
    guidance: Annotated[
        float | None, typer.Option(min=1, max=20, help="How much the description is stressed (flow models).")
    ] = None,
    no_copies: Annotated[
        bool, typer.Option("--no-copies", help="Refuse near-copies of training pictures (needs a neighbour index).")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make pictures from descriptions."""
    from packshot.families.common.family import SamplingOptions
    from packshot.generation.copies import CopyGuard, unguarded
    from packshot.generation.coverage import warnings_for
    from packshot.generation.generator import Generator
    from packshot.generation.models import open_model
    from packshot.generation.write import save
    from packshot.images.decode import read

    generator = Generator(open_model(model))
    first = secrets.randbelow(2**32) if seed is None else seed
    options = SamplingOptions(
        temperature=temperature,
        strength=strength,
        steps=steps,
        guidance=guidance,
        like=generator.like(read(like).on_white()) if like else None,
    )
    wanted = [(text, (first + i) % 2**63) for text in texts for i in range(n)]
    guard = CopyGuard(generator) if no_copies else None
    guarded = guard.pictures(wanted, options) if guard else unguarded(generator.pictures(wanted, options))
    images, refused = list[dict[str, Any]](), 0
    for made in track(guarded, "generate", len(wanted)):
        if made.copied:
            say(f"packshot: warning: {made.told}.")
        if made.image is None:
            refused += 1
        else:
            path = save(made.image, out, overwrite=overwrite)
            images.append({"file": str(path), "text": made.image.text, "seed": made.image.seed})
    warnings = [w for text in texts for w in warnings_for(text, generator.model.config, generator.vocabulary)]
    for warning in warnings:
        say(f"packshot: warning: {warning}.")
    result = {
        "model": generator.model.config.name,
        "images": images,
        "refused": refused,
        "warnings": warnings,
    }
    emit(result, as_json, [image["file"] for image in images])
    if refused:
        raise PackshotError(
            f"{refused} of {len(wanted)} pictures were near-copies of training pictures from every seed tried",
            hint="Ask for other seeds, or leave --no-copies out.",
        )
