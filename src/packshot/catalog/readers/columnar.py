"""Workbooks and Parquet, also Parquet that holds the pictures themselves as Hugging Face ``datasets`` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packshot.catalog.needs import require
from packshot.catalog.readers.cells import as_text
from packshot.catalog.readers.tables import Row, Table, header_row, unique_names
from packshot.errors import PackshotError

# Rows in which the column names are looked for.
_HEADER_WITHIN = 8


def open_file(path: Path) -> Table:
    """Open a workbook's fullest sheet, or a Parquet file."""
    return _parquet(path) if path.suffix.lower() == ".parquet" else _workbook(path)


def _workbook(path: Path) -> Table:
    import polars as pl

    require("fastexcel")
    try:
        sheets: Any = pl.read_excel(path, sheet_id=0, has_header=False, infer_schema_length=0, drop_empty_rows=True)
    except Exception as error:
        # The reader raises classes of its own for every kind of damaged workbook.
        raise PackshotError(f"workbook cannot be read: {str(error)[:160]}", path) from None
    frame = max(sheets.values(), key=lambda f: f.height * f.width, default=None)
    if frame is None or not frame.width or not frame.height:
        raise PackshotError("workbook holds no rows", path)
    lines = [list(map(as_text, cells)) for cells in frame.head(_HEADER_WITHIN).iter_rows()]
    start = header_row(lines)
    columns = unique_names(lines[start])

    def read() -> Iterator[Row]:
        for cells in frame.slice(start + 1).iter_rows():
            yield Row(zip(columns, map(as_text, cells), strict=True))

    return Table(path, columns, read)


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = tuple(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise PackshotError(f"Parquet file cannot be read: {str(error)[:160]}", path) from None

    def read() -> Iterator[Row]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=64):
                yield from map(_row, batch.to_pylist())

    return Table(path, names, read)


def _row(cells: dict[str, Any]) -> Row:
    row = Row({name: as_text(value) for name, value in cells.items()})
    for name, value in cells.items():
        data = value.get("bytes") if isinstance(value, dict) else value
        if isinstance(data, bytes) and data and row.picture is None:
            row.picture = data
            # The reference need not lead anywhere, it only has to be there.
            row[name] = row[name] or "embedded"
    return row
