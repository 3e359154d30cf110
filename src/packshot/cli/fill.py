"""``packshot fill``: an image for every SKU of a product table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.output import Json, Overwrite, emit

if TYPE_CHECKING:
    from packshot.batch.fill import Summary


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("fill")(fill)


def fill(
    products: Annotated[list[Path], typer.Argument(metavar="PRODUCTS...", help="Product tables, or folders of them.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the images, one folder a SKU in it.")],
    model: Annotated[
        Path | None, typer.Option("-m", "--model", help="Model folder; the default model if left out.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=100, help="Images for each SKU.")] = 1,
    everything: Annotated[bool, typer.Option("--all", help="Also for SKUs that have an image.")] = False,
    preset: Annotated[str, typer.Option(help="Finish for a market: a preset, or a TOML file of your own.")] = "",
    mark: Annotated[
        bool | None, typer.Option("--mark/--no-mark", help="Write AI生成 on the images; else as the preset says.")
    ] = None,
    upscale: Annotated[
        bool, typer.Option("--upscale", help="Enlarge with Real-ESRGAN: crisper, and invented.")
    ] = False,
    candidates: Annotated[
        int | None,
        typer.Option("--candidates", min=1, max=64, help="Draw so many for each image and keep the best."),
    ] = None,
    no_copies: Annotated[
        bool, typer.Option("--no-copies", help="Leave out images too like one that the model was trained on.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="All seeds come from this one and the product.")] = 0,
    wording: Annotated[
        str, typer.Option(help="Draw from the table's own words, from composed ones, or auto: own ones if short.")
    ] = "auto",
    redo: Annotated[list[str] | None, typer.Option(help="Make this SKU anew, from other seeds.")] = None,
    map: Annotated[list[str] | None, typer.Option(metavar="FIELD=COLUMN", help="Which column holds a field.")] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE,...", help="Leave out rows with these values.")
    ] = None,
    images: Annotated[list[Path] | None, typer.Option(help="Folders to look for the table's pictures in.")] = None,
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make an image for every SKU that lacks one; the same command goes on after a stop."""
    from packshot import batch
    from packshot.catalog import Options as TableOptions
    from packshot.catalog import parse_drop, parse_map
    from packshot.progress import ticker

    options = batch.Options(
        model=model,
        n=n,
        candidates=candidates,
        everything=everything,
        preset=preset,
        mark=mark,
        upscale=upscale,
        no_copies=no_copies,
        seed=seed,
        wording=batch.wording_named(wording),
        redo=tuple(redo or ()),
        engine=engine,
        workers=workers,
        overwrite=overwrite,
        table=TableOptions(map=parse_map(map or ()), drop=parse_drop(drop or ()), images=tuple(images or ())),
    )
    with ticker("fill") as shown:
        summary = batch.fill(products, out, options, lambda done, total, _: shown.reach(done, total))
    emit(_result(summary), as_json, _lines(summary))
    if summary.count("failed"):
        raise typer.Exit(1)


def _result(summary: Summary) -> dict[str, Any]:
    return {
        "out": str(summary.out),
        "skus": len(summary.entries),
        "made": summary.count("made"),
        "drawn_now": summary.drawn,
        "has_image": summary.count("has image"),
        "refused": _reasons(summary, "refused"),
        "left_out": _reasons(summary, "left out"),
        "failed": _reasons(summary, "failed"),
        "manifest": str(summary.out / "manifest.parquet"),
        "contact_sheet": str(summary.out / "contact-sheet.html"),
        "seconds": round(summary.seconds, 2),
    }


def _reasons(summary: Summary, status: str) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for entry in summary.entries:
        if entry.status == status:
            reasons.setdefault(entry.reason, []).append(entry.product.sku)
    return reasons


def _lines(summary: Summary) -> list[str]:
    lines = []
    for status in ("refused", "left out", "failed"):
        for reason, skus in _reasons(summary, status).items():
            some = ", ".join(skus[:5]) + (", …" if len(skus) > 5 else "")
            lines.append(f"{status}: {len(skus)} ({some}): {reason}")
    before = summary.count("made") - summary.drawn
    made = f"{summary.count('made')} of {len(summary.entries)} SKUs have new images in {summary.out}"
    made += f" ({before} of them from before)" if before else ""
    kept = f", {summary.count('has image')} had one already" if summary.count("has image") else ""
    return [*lines, made + kept, str(summary.out / "contact-sheet.html")]
