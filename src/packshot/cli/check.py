"""``packshot check``: market rules and AI labels, pass or fail per rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.output import Json, emit

if TYPE_CHECKING:
    from packshot.finishing.check import Report


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check")(check)


def check(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures, or folders of them.")],
    preset: Annotated[str, typer.Option(help="Market preset, or a TOML file of your own.")],
    as_json: Json = False,
) -> None:
    """Hold pictures against a market's rules and read their AI labels back; exit 1 if any fails."""
    from packshot.finishing.batch import check_files, pictures
    from packshot.finishing.preset import load
    from packshot.progress import track

    chosen = load(preset)
    files: list[dict[str, Any]] = []
    lines: list[str] = []
    failed = 0
    sources = pictures(images)
    for checked in track(check_files(sources, chosen), "check", len(sources)):
        path, report = checked.source, checked.report
        if report is None:
            files.append({"file": str(path), "passed": False, "error": checked.error})
            lines.append(f"FAIL  {path}: {checked.error}")
            failed += 1
            continue
        files.append({"file": str(path), **report.as_dict()})
        lines += _lines(path, report)
        failed += not report.passed
    lines.append(f"{len(files) - failed} of {len(files)} pass for {chosen.title}; the market's own page decides.")
    emit({"preset": chosen.name, "failed": failed, "files": files}, as_json, lines)
    if failed:
        raise typer.Exit(1)


def _lines(path: Path, report: Report) -> list[str]:
    marks = {"pass": "ok   ", "fail": "FAIL ", "warning": "warn ", "unknown": "?    "}
    lines = [f"{'ok   ' if report.passed else 'FAIL '} {path}"]
    for result in report.results:
        if result.status != "skip":
            value = "not known" if result.value is None else result.value
            lines.append(f"  {marks[result.status]} {result.measure} {value} (wanted {result.wanted}): {result.why}")
    labels = report.labels
    if labels.ai:
        source = labels.source_term or "none"
        aigc = labels.aigc.get("Label", "none")
        lines.append(f"  AI labels: DigitalSourceType {source}, AIGC label {aigc}, prompt {labels.prompt[:60]!r}")
    return lines
