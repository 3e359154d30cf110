"""CSV and TSV of any encoding and delimiter, the Taobao data pack among them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from packshot.catalog.readers.encodings import text_encoding
from packshot.catalog.readers.tables import Row, Table, header_row, unique_names
from packshot.errors import PackshotError

# A product's HTML body can be long; the csv module refuses cells beyond 128 KiB unless told.
_LONGEST_CELL = 16 << 20
# Lines in which the column names are looked for.
_HEADER_WITHIN = 8


def open_file(path: Path) -> Table:
    """Open a text table; its first line, or that of a Taobao data pack, names the columns."""
    encoding = text_encoding(path)
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        head = file.read(1 << 16)
    delimiter = _delimiter(head)
    start, columns = _header(path, head, delimiter)
    bare = delimiter == "\t" and _one_row_a_line(path, encoding)

    def read() -> Iterator[Row]:
        csv.field_size_limit(_LONGEST_CELL)
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            # A NUL ends a line for the csv module; exports from old databases are full of them.
            clean = (line.replace("\0", "") for line in file)
            quoting: Literal[0, 3] = csv.QUOTE_NONE if bare else csv.QUOTE_MINIMAL
            lines = csv.reader(clean, delimiter=delimiter, quoting=quoting)
            try:
                for number, cells in enumerate(lines):
                    if number > start and any(c.strip() for c in cells):
                        yield Row(zip(columns, map(_unquoted, cells) if bare else cells, strict=False))
            except csv.Error as error:
                raise PackshotError(f"line cannot be read: {error}", f"{path}, line {lines.line_num}") from None

    return Table(path, columns, read)


def _delimiter(head: str) -> str:
    """The delimiter of the first lines.

    Only what stands outside quotes counts: HTML in a cell is full of semicolons.
    """
    lines = [line for line in head.splitlines() if line.strip()][:4]
    outside = [part for line in lines for part in line.split('"')[::2]]
    counts = {d: sum(part.count(d) for part in outside) for d in "\t,;|"}
    first = {d: lines[0].count(d) if lines else 0 for d in counts}
    # A tab inside a CSV is rare, commas inside a TSV are not.
    if counts["\t"] and counts["\t"] >= max(counts.values()) / 3:
        return "\t"
    return max(counts, key=lambda d: (first[d] > 0, counts[d], d == ","))


def _one_row_a_line(path: Path, encoding: str) -> bool:
    """Whether each line has all tabs of its row: then a quote that opens a cell is one, and holds no lines together."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return len({line.count("\t") for line in file if line.strip()}) == 1


def _unquoted(cell: str) -> str:
    """A cell without the quotes around it, where it has both."""
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if whole else cell


def _header(path: Path, head: str, delimiter: str) -> tuple[int, tuple[str, ...]]:
    """The number of the line with the column names, and the names.

    Lines above it may hold a title. A Taobao data pack has up to three lines before its rows: a version line, the
    names of fields in English and those in Chinese, which count.
    """
    lines = []
    for cells in csv.reader(io.StringIO(head.replace("\0", ""), newline=""), delimiter=delimiter):
        lines.append(cells)
        if len(lines) == _HEADER_WITHIN:
            break
    start = header_row(lines)
    if lines and lines[0] and lines[0][0].strip().lower().startswith("version"):
        start = next((i for i in (2, 1) if i < len(lines) and "宝贝名称" in lines[i]), 1)
    if start >= len(lines):
        raise PackshotError("no column names", path)
    return start, unique_names(lines[start])
