"""Google Merchant feeds in XML: RSS 2.0 items or Atom entries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from packshot.catalog.needs import require
from packshot.catalog.readers.tables import LIST_SEPARATOR, Row, Table
from packshot.errors import PackshotError

_ENTRIES = frozenset({"item", "entry", "product", "offer"})


def open_file(path: Path) -> Table:
    """Open a feed; the elements of an entry are its columns, by their names without a namespace."""
    names = dict.fromkeys(name for row in islice(_rows(path), 500) for name in row)
    if not names:
        raise PackshotError("no products in this XML", path, "A feed holds <item> or <entry> elements.")
    return Table(path, tuple(names), lambda: _rows(path))


def _rows(path: Path) -> Iterator[Row]:
    require("defusedxml")
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        with path.open("rb") as file:
            root: Element | None = None
            # Entities are how a small file eats all memory, or reads another one; defusedxml refuses them.
            for event, element in ElementTree.iterparse(file, events=("start", "end")):
                root = element if root is None else root
                if event == "end" and _local(element) in _ENTRIES:
                    yield _row(element)
                    root.clear()
    except ParseError as error:
        raise PackshotError(f"not well-formed XML: {error}", path) from None
    except DefusedXmlException:
        raise PackshotError("XML with entity declarations is refused", path) from None


def _row(element: Any) -> Row:
    cells: dict[str, list[str]] = {}
    for child in element:
        text = "".join(child.itertext()).strip() or child.get("href", "")
        if text:
            cells.setdefault(_local(child), []).append(text)
    return Row({name: LIST_SEPARATOR.join(values) for name, values in cells.items()})


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()
