"""The manifest: every SKU of the table with its images, or with the reason why it has none."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packshot.batch.entries import Entry
from packshot.files import write_atomic

COLUMNS = (
    "sku", "file", "seed", "model", "description", "attributes", "scores", "labels", "status", "reason",
)  # fmt: skip
_NUMBER_OR_NAME = re.compile(r"[+-]?[\w.+-]+")


def write_manifest(folder: Path, model: str, entries: Sequence[Entry]) -> None:
    """Write ``manifest.parquet`` and, for spreadsheets, ``manifest.csv``: a row for each image, or for a SKU without.

    Attributes, scores and labels are JSON. In the CSV a cell that a spreadsheet would take for a formula begins with
    an apostrophe.
    """
    import polars as pl

    schema = {name: pl.Int64() if name == "seed" else pl.String() for name in COLUMNS}
    rows = [row for entry in entries for row in _rows(entry, model)]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_atomic(folder / "manifest.parquet", buffer.getvalue())
    harmless = [pl.col(name).map_elements(_harmless, return_dtype=pl.String) for name in COLUMNS if name != "seed"]
    # With a byte order mark, without which Excel takes Chinese for something else.
    content = frame.with_columns(harmless).write_csv(include_bom=True)
    write_atomic(folder / "manifest.csv", content.encode())


def _rows(entry: Entry, model: str) -> Iterator[tuple[Any, ...]]:
    sku, attributes = entry.product.sku, _json(entry.attributes) if entry.attributes else ""
    if not entry.record:
        yield sku, "", None, "", entry.text, attributes, "", "", entry.status, entry.reason
    for f in entry.record.get("files", ()):
        reason = "; ".join(filter(None, (entry.reason, *f["notes"])))
        scores, labels = _json(f["scores"]) if f["scores"] else "", _json(f["labels"])
        yield sku, f["file"], f["seed"], model, entry.text, attributes, scores, labels, entry.status, reason


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _harmless(cell: str) -> str:
    # The characters by which OWASP says that formulas begin ("CSV injection").
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _NUMBER_OR_NAME.fullmatch(cell):
        return "'" + cell
    return cell
