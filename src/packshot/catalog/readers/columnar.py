"""Workbooks and Parquet, also Parquet that holds the pictures themselves as Hugging Face ``datasets`` writes them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packshot.catalog.needs import require
from packshot.catalog.readers.cells import as_text
from packshot.catalog.readers.tables import Row, Table, header_row, unique_names
from packshot.errors import PackshotError

# Rows in which the column names are looked for.
_HEADER_WITHIN = 8
# Cells between a sheet's corners, empty ones too: the reader lays all of them out, some 40 bytes each.
_MOST_CELLS = 25_000_000
# A sheet's part may be called anything.
_PART, _CELL = re.compile(r".*\.xml", re.IGNORECASE), re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK, _LONGEST_TAG = 1 << 20, 200


def open_file(path: Path) -> Table:
    """Open a workbook's fullest sheet, or a Parquet file."""
    return _parquet(path) if path.suffix.lower() == ".parquet" else _workbook(path)


def _workbook(path: Path) -> Table:
    import polars as pl

    require("fastexcel")
    _check_extent(path)
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


def _check_extent(path: Path) -> None:
    """Refuse a workbook of a few bytes whose one far cell would fill the memory with empty ones."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as book:
        for name in filter(_PART.fullmatch, book.namelist()):
            right, down, rest = 0, 0, b""
            with book.open(name) as sheet:
                while chunk := sheet.read(_CHUNK):
                    text = rest + chunk
                    for letters, number in _CELL.findall(text):
                        right, down = max(right, _column(letters)), max(down, int(number))
                    if right * down > _MOST_CELLS:
                        raise PackshotError(f"sheet spans {right} columns and {down} rows, too many to lay out", path)
                    rest = text[-_LONGEST_TAG:]


def _column(letters: bytes) -> int:
    """``A`` is 1, ``Z`` 26, ``AA`` 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


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
