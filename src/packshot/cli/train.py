"""``packshot train``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from packshot.cli.output import Json, emit
from packshot.errors import PackshotError, missing_extra
from packshot.generation.models import open_model


def add_to(app: typer.Typer) -> None:
    app.command("train")(train)


def train(
    catalog: Annotated[Path, typer.Argument(help="Catalog folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Model folder to write.")],
    family: Annotated[str, typer.Option(help="flow, gan, vae, or auto: the best of all.")] = "",
    recipe: Annotated[str, typer.Option(help="Shipped recipe or TOML file; the family's own by default.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value, such as model.channels=48.")
    ] = None,
    budget: Annotated[str, typer.Option(help="How long to train: 90s, 60m, 2h.")] = "",
    steps: Annotated[int | None, typer.Option(min=1, help="How many steps to train, instead of a budget.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    name: Annotated[str, typer.Option(help="Name of the model; the folder's by default.")] = "",
    prefer: Annotated[
        Literal["variety", "closeness", "speed"], typer.Option(help="What --family auto decides by.")
    ] = "closeness",
    origin: Annotated[Path | None, typer.Option("--from", metavar="MODEL", help="Adapt this model.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training that the folder holds.")] = False,
    as_json: Json = False,
) -> None:
    """Train a model on a catalog."""
    # Threads that spin at barriers make a step ten times as slow as soon as anything else wants a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch  # noqa: F401
    except ImportError:
        raise missing_extra("train", "torch") from None
    from packshot.training.choose import choose
    from packshot.training.plan import read_plan
    from packshot.training.recipe import changed, load_recipe
    from packshot.training.train import train as run

    seconds = parse_duration(budget) if budget else None
    if family == "auto":
        if seconds is None or steps is not None or recipe or origin:
            raise PackshotError("--family auto trains by --budget alone", hint="Give --budget 90m.", usage=True)
        model = choose(
            catalog, out, prefer, budget=seconds, resume=resume, seed=seed, name=name, settings=settings or ()
        )
    else:
        if not (family or recipe or resume or origin):
            raise PackshotError("no family is named", hint="Give --family flow, gan, vae or auto.", usage=True)
        plan = read_plan(out / "training") if resume and not (family or recipe or origin) else None
        if plan:
            asked = settings or steps is not None or seed is not None
            chosen = changed(plan.recipe, settings or (), steps=steps, seed=seed) if asked else None
        else:
            default = family or (open_model(origin).config.family if origin else "flow")
            chosen = load_recipe(recipe or default, settings or (), steps=steps, seed=seed)
            if family and chosen.family != family:
                raise PackshotError(f"recipe {recipe} is of family {chosen.family}, not {family}", usage=True)
        model = run(catalog, out, chosen, budget=seconds, resume=resume, name=name, origin=origin)
    record = model.config.training
    result = {
        "model": str(out),
        "family": model.config.family,
        "steps": record.steps,
        "seconds": record.seconds,
        "products": record.products,
    }
    emit(
        result,
        as_json,
        [f"{out}: {model.config.family}, {record.steps} steps, {record.seconds / 60:.1f} min"],
    )


def parse_duration(text: str) -> float:
    """``90s``, ``60m``, ``1.5h`` or plain seconds, in seconds.

    Raises:
        PackshotError: it is not of that form, or not above 0.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if seconds <= 0:
        raise PackshotError(f"not a duration: {text!r}", hint="Write 90s, 60m or 2h.", usage=True)
    return seconds
