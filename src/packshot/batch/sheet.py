"""``contact-sheet.html``: every image at a glance, and every SKU without one with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packshot.batch.entries import Entry
from packshot.files import write_atomic

NAME = "contact-sheet.html"


def write_sheet(folder: Path, model: str, preset: str, entries: Sequence[Entry]) -> None:
    """Write the sheet; it names the images beside it and needs nothing else."""
    import jinja2

    source = Path(__file__).with_name("sheet.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(source).render(
        model=model,
        preset=preset,
        total=len(entries),
        made=[_card(entry) for entry in entries if entry.status == "made"],
        rest=_grouped([entry for entry in entries if entry.status != "made"]),
    )
    write_atomic(folder / NAME, page.encode())


def _card(entry: Entry) -> dict[str, Any]:
    files = entry.record["files"]
    notes = dict.fromkeys([entry.reason, *(note for f in files for note in f["notes"])])
    return {
        "sku": entry.product.sku,
        "title": entry.product.description.title,
        "text": entry.text,
        "images": [{"url": quote(f["file"]), "seed": f["seed"], "scores": f["scores"]} for f in files],
        "notes": [note for note in notes if note],
    }


def _grouped(entries: Sequence[Entry]) -> list[tuple[str, list[tuple[str, list[Entry]]]]]:
    """Status → reason → entries, the most frequent first."""
    groups: dict[str, dict[str, list[Entry]]] = {}
    for entry in entries:
        # Every image that a product has is another one.
        reason = "" if entry.status == "has image" else entry.reason
        groups.setdefault(entry.status, {}).setdefault(reason, []).append(entry)
    return [(s, sorted(reasons.items(), key=lambda r: -len(r[1]))) for s, reasons in sorted(groups.items())]
