"""``packshot finish``: market-ready files from pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli.output import Json, Overwrite, emit


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("finish")(finish)


def finish(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures, or folders of them.")],
    preset: Annotated[str, typer.Option(help="Market preset, or a TOML file of your own.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the finished files.")],
    ai_generated: Annotated[
        bool, typer.Option("--ai-generated", help="Label pictures as AI-made that carry no label.")
    ] = False,
    mark: Annotated[
        bool | None,
        typer.Option("--mark/--no-mark", help="Write AI生成 on AI-made pictures; else as the preset says."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Place, encode and label pictures for a market."""
    from packshot.finishing.batch import finish_files, pictures
    from packshot.finishing.finish import Options
    from packshot.finishing.preset import load
    from packshot.progress import track

    chosen = load(preset)
    sources = pictures(images)
    options = Options(ai_generated=ai_generated, mark=mark)
    running = finish_files(sources, chosen, output, options, overwrite=overwrite)
    outcomes = list(track(running, "finish", len(sources)))
    failed = [o for o in outcomes if o.error]
    files: list[dict[str, Any]] = [
        {
            "source": str(o.source),
            "target": str(o.target) if o.target else None,
            "written": o.written,
            "ai": o.ai,
            "enlarged": o.enlarged,
            "notes": list(o.notes),
            "error": o.error or None,
        }
        for o in outcomes
    ]
    lines = [_line(o.source, o.target, o.error, o.notes) for o in outcomes if o.error or o.notes]
    lines.append(f"{len(outcomes) - len(failed)} finished for {chosen.title} in {output}, {len(failed)} failed")
    emit({"preset": chosen.name, "finished": len(outcomes) - len(failed), "failed": len(failed), "files": files},
         as_json, lines)  # fmt: skip
    if failed:
        raise typer.Exit(1)


def _line(source: Path, target: Path | None, error: str, notes: tuple[str, ...]) -> str:
    return f"{source}: {error}" if error else f"{target}: {'; '.join(notes)}"
