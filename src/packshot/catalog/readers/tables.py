"""Files with one product a row, whatever they are written in, opened by what their name ends in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from packshot.catalog.columns import match_columns
from packshot.errors import PackshotError

# Suffix → the module of this package whose ``open_file`` reads it.
_READERS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "delimited"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls"), "columnar"),
    ".parquet": "columnar",
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "objects"),
    ".xml": "feed",
    **dict.fromkeys((".html", ".htm"), "pages"),
}
SUFFIXES = tuple(_READERS)
# A list of values becomes one cell; the separator does not occur in a name or an address.
LIST_SEPARATOR = "\x1f"


class Row(dict[str, str]):
    """A row's cells by column name, and the picture that the row itself holds, if any."""

    picture: bytes | None = None


@dataclass(frozen=True)
class Table:
    """An opened table.

    Attributes:
        path: its file.
        columns: names of its columns, in order.
        read: gives the rows, in order, reading the file anew at every call.
    """

    path: Path
    columns: tuple[str, ...]
    read: Callable[[], Iterator[Row]]


def open_table(path: Path) -> Table:
    """Open a table.

    Raises:
        PackshotError: the file is missing, empty, damaged or of an unknown kind.
    """
    if not path.is_file():
        raise PackshotError("no such file", path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise PackshotError("unknown kind of file", path, f"Give one of {', '.join(SUFFIXES)}.")
    if path.stat().st_size == 0:
        raise PackshotError("empty file", path)
    table = import_module(f"packshot.catalog.readers.{reader}").open_file(path)
    assert isinstance(table, Table)
    return table


def header_row(lines: Sequence[Sequence[str]]) -> int:
    """The first of a table's first lines that names usable columns; 0 if none does.

    Tables made by hand have a title above their header. Where the first line has usable names it is the one.
    """
    usable = (i for i, cells in enumerate(lines) if match_columns(unique_names(cells), {}).usable)
    return next(usable, 0)


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Column names without surrounding space; an empty or repeated name gets a number."""
    seen: dict[str, int] = {}
    result = []
    for position, raw in enumerate(names, 1):
        name = raw.strip().removeprefix("\ufeff") or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return tuple(result)
