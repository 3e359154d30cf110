"""JSON Lines and JSON documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from packshot.catalog.readers.cells import as_text
from packshot.catalog.readers.encodings import text_encoding
from packshot.catalog.readers.tables import Row, Table
from packshot.errors import PackshotError

# Rows in which column names are looked for: JSON has no header.
_NAMED = 500


def open_file(path: Path) -> Table:
    """Open JSON Lines, a JSON list of objects, or an object that holds such a list."""
    encoding = text_encoding(path)
    with path.open(encoding=encoding, errors="replace") as file:
        start = file.read(4096).lstrip()
    if start.startswith("[") or (path.suffix.lower() == ".json" and _is_one_document(path, encoding)):
        return _document(path, encoding)
    names = dict.fromkeys(name for row in islice(_lines(path, encoding), _NAMED) for name in row)
    return Table(path, tuple(names), lambda: _lines(path, encoding))


def _is_one_document(path: Path, encoding: str) -> bool:
    """Whether a ``.json`` file is not JSON Lines: its first line is not whole, or the only one."""
    with path.open(encoding=encoding, errors="replace") as file:
        lines = list(islice((line for line in file if line.strip()), 2))
    try:
        return len(lines) < 2 or not isinstance(json.loads(lines[0]), dict)
    except ValueError:
        return True


def _lines(path: Path, encoding: str) -> Iterator[Row]:
    with path.open(encoding=encoding, errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                raise PackshotError("not a JSON line", f"{path}, line {number}") from None
            if not isinstance(value, dict):
                raise PackshotError("a JSON line must be an object", f"{path}, line {number}")
            yield Row({str(k): as_text(v) for k, v in value.items()})


def _document(path: Path, encoding: str) -> Table:
    try:
        value = json.loads(path.read_text(encoding=encoding, errors="replace"))
    except (ValueError, RecursionError) as error:
        raise PackshotError(f"not JSON: {error}", path) from None
    if isinstance(value, dict):
        # A list under one key is how shops answer over the network: {"products": [...]}.
        lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        value = max(lists, key=len) if lists else [value]
    rows = [Row({str(k): as_text(v) for k, v in item.items()}) for item in value if isinstance(item, dict)]
    if not rows:
        raise PackshotError("no objects in this JSON", path)
    names = dict.fromkeys(name for row in rows[:_NAMED] for name in row)
    return Table(path, tuple(names), lambda: iter(rows))
