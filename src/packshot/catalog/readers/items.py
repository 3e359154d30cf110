"""Products as the formats give them, and the plain table's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from packshot.catalog.columns import FIELDS, Columns
from packshot.catalog.pictures import IMAGE_SUFFIXES
from packshot.catalog.readers.tables import LIST_SEPARATOR, Row, Table


@dataclass(frozen=True)
class Item:
    """One product or variant.

    Attributes:
        row: its first data row, from 1.
        fields: field → text; a field without text is left out.
        images: references to its pictures, in order; parts joined by ``|`` are ways to the same picture.
        cells: its first row, for what the user says about columns.
    """

    row: int
    fields: dict[str, str]
    images: list[str]
    cells: Row


def plain_items(table: Table, columns: Columns) -> Iterator[Item]:
    """A table with one product in each row."""
    for number, row in enumerate(table.read(), 1):
        yield Item(number, read_fields(columns, row), read_images(columns, row), row)


def read_fields(columns: Columns, row: Row) -> dict[str, str]:
    """The fields that a row says something about, pictures left out."""
    said = {field: columns.value(field, row) for field in FIELDS if field != "image"}
    return {field: value.replace(LIST_SEPARATOR, ", ") for field, value in said.items() if value}


def read_images(columns: Columns, row: Row) -> list[str]:
    """The pictures that a row names, each once."""
    cells = [row.get(columns.of.get("image", ""), ""), *(row.get(name, "") for name in columns.more_images)]
    return list(dict.fromkeys(reference for cell in cells for reference in references(cell)))


def references(cell: str) -> list[str]:
    """The pictures that one cell names: a list, or names and addresses with a separator between them."""
    cell = cell.strip()
    if cell.startswith("[") and cell.endswith("]"):
        try:
            listed = json.loads(cell.replace("'", '"'))
        except ValueError:
            listed = []
        cell = LIST_SEPARATOR.join(str(item) for item in listed) or cell
    if LIST_SEPARATOR in cell:
        return [part for part in (p.strip() for p in cell.split(LIST_SEPARATOR)) if part]
    # In "name|address" the bar does not separate two pictures, but two ways to one.
    separators = r"[,;\n]\s*" if re.search(r"\|(?:https?:)?//", cell) else r"[,;|\n]\s*"
    parts = [part.strip() for part in re.split(separators, cell) if part.strip()]
    # A name or an address may hold a comma itself; then some part does not look like a picture.
    if len(parts) > 1 and all(map(_looks_like_picture, parts)):
        return parts
    return [cell] if cell else []


def _looks_like_picture(text: str) -> bool:
    if text.startswith(("http://", "https://", "//")):
        return True
    return any(text.lower().split("|")[0].endswith(suffix) for suffix in IMAGE_SUFFIXES)
