"""``packshot catalog``: build a catalog, look at one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.catalog import Catalog, Options, build, forget, parse_drop, parse_map
from packshot.cli.output import Json, Overwrite, emit
from packshot.engines import ENGINES

app = typer.Typer(help="Build a catalog from product data, and look at it.", no_args_is_help=True)


def add_to(app_: typer.Typer) -> None:
    """Register the verb."""
    app_.add_typer(app, name="catalog")


@app.command("build")
def build_command(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Folders or files with product data.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="CATALOG", help="The catalog's folder.")],
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Read a field from this column.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="FIELD=VALUE,...", help="Leave out records like these."),
    ] = None,
    images: Annotated[
        list[Path] | None, typer.Option("--images", metavar="DIR", help="Look for pictures here too.")
    ] = None,
    cut_out: Annotated[bool, typer.Option("--cut-out", help="Put products on white, where the mask is good.")] = False,
    gate: Annotated[
        float | None,
        typer.Option(
            "--gate",
            help="Quality that a cut-out needs, 0.5 to 1; default 0.92, fit to be shown. 0.7 keeps more to train on.",
        ),
    ] = None,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Count mirror images as near duplicates.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch pictures from private networks too.")
    ] = False,
    engine: Annotated[str, typer.Option("--engine", help=f"Where the work runs: {', '.join(ENGINES)}.")] = "local",
    workers: Annotated[
        int | None, typer.Option("--workers", min=0, help="Processes; default one a core, 0 none.")
    ] = None,
    as_json: Json = False,
    overwrite: Overwrite = False,
) -> None:
    """Read product data, clean it, and write a catalog."""
    options = Options(
        map=parse_map(map_ or ()),
        drop=parse_drop(drop or ()),
        images=tuple(images or ()),
        cut_out=cut_out,
        gate=gate,
        mirrored=mirrored,
        allow_private=allow_private,
        engine=engine,
        overwrite=overwrite,
        workers=workers,
    )
    counts = build(sources, out, options)
    emit(counts, as_json, [*_lines(counts), f"catalog: {out}"])


@app.command("forget")
def forget_command(
    catalog: Annotated[Path, typer.Argument(metavar="CATALOG", help="A catalog's folder.")],
    sku: Annotated[list[str], typer.Option("--sku", help="The product; may be given several times.")],
    as_json: Json = False,
) -> None:
    """Remove a product everywhere: its pictures, its words, and what was derived from them."""
    result = forget(catalog, sku)
    emit(result, as_json, [f"{result['removed']} rows of {', '.join(result['skus'])} removed from {catalog}"])


@app.command("info")
def info_command(
    catalog: Annotated[Path, typer.Argument(metavar="CATALOG", help="A catalog's folder.")],
    as_json: Json = False,
) -> None:
    """Say what a catalog holds."""
    info = Catalog(catalog).info
    emit(info, as_json, _info_lines(info))


def _lines(counts: dict[str, Any]) -> list[str]:
    rejected = [f"  {n:>7}  {reason}" for reason, n in counts["rejected_by_reason"].items()]
    flags = [f"  {n:>7}  {flag}" for flag, n in counts["flags"].items()]
    return [
        f"{counts['candidates']} candidates from {counts['records']} records",
        f"{counts['kept']} kept: {counts['train']} train, {counts['test']} test, in {counts['groups']} groups",
        f"{counts['rejected']} left out" + (":" if rejected else ""),
        *rejected,
        *(["flags:", *flags] if flags else []),
        f"{counts['files_without_record']} picture files that no record names",
    ]


def _info_lines(info: dict[str, Any]) -> list[str]:
    categories = list(info["categories"].items())
    cut = info["cut_out"]
    yields = [f"  {done}/{of}  {category}" for category, (done, of) in (cut or {}).items()]
    return [
        f"{info['name']} (packshot {info['packshot']}, licence {info['licence']})",
        *_lines(info["counts"]),
        "languages: " + ", ".join(f"{k or 'none'} {n}" for k, n in info["languages"].items()),
        f"categories ({len(categories)}): " + ", ".join(f"{k or 'none'} {n}" for k, n in categories[:30]),
        *(["cut out, by category:", *yields] if cut else []),
    ]
