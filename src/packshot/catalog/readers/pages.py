"""Saved product pages: what they say of themselves in schema.org's JSON-LD."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packshot.catalog.readers.cells import as_text
from packshot.catalog.readers.encodings import text_encoding
from packshot.catalog.readers.tables import LIST_SEPARATOR, Row, Table
from packshot.errors import PackshotError

_COLUMNS = (
    "sku", "item group id", "name", "description", "category", "color", "material", "gender", "price", "image",
)  # fmt: skip

# Old pages wrap their scripts: //<![CDATA[ … //]]>
_WRAPPING = re.compile(r"\A\s*(?:/[/*])?\s*(?:<!\[CDATA\[|<!--)(?:\*/)?|(?:/[/*])?\s*(?:\]\]>|-->)(?:\s*\*/)?\s*\Z")


class _Scripts(HTMLParser):
    """Collects the contents of a page's JSON-LD scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and (dict(attrs).get("type") or "").strip().lower() == "application/ld+json":
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def open_file(path: Path) -> Table:
    """Open a page; it may describe one product or many."""
    parser = _Scripts()
    parser.feed(path.read_text(encoding=text_encoding(path), errors="replace"))
    rows = [row for script in parser.found for row in _products(script, path)]
    if not rows:
        raise PackshotError("this page describes no product", path, "It needs schema.org Product data (JSON-LD).")
    return Table(path, _COLUMNS, lambda: iter(rows))


def _products(script: str, path: Path) -> Iterator[Row]:
    # Old pages wrap their scripts into <![CDATA[ … ]]> or a comment.
    script = (
        re.sub(r"^[^{\[]*(?:<!\[CDATA\[|<!--)|(?:\]\]>|-->)[^}\]]*$", "", script.strip()).strip().removesuffix("//")
    )
    try:
        value = json.loads(script, strict=False)
    except (ValueError, RecursionError):
        # Another script of the page may be whole.
        return
    for node in _nodes(value):
        kinds = node.get("@type", "")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        names = {str(kind).rpartition("/")[2] for kind in kinds}
        if "ProductGroup" in names and isinstance(node.get("hasVariant"), list):
            shared = {k: v for k, v in node.items() if k not in ("hasVariant", "@type", "sku")}
            for variant in node["hasVariant"]:
                if isinstance(variant, dict):
                    group = node.get("productGroupID") or node.get("name")
                    yield _row({"productGroupID": group, **shared, **variant}, path)
        elif names & {"Product", "ProductGroup"}:
            yield _row(node, path)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for key in ("@graph", "mainEntity", "itemListElement", "item"):
            if key in value:
                yield from _nodes(value[key])


def _row(node: dict[str, Any], path: Path) -> Row:
    offers = node.get("offers")
    offers = offers[0] if isinstance(offers, list) and offers else offers
    price = (offers.get("price") or offers.get("lowPrice")) if isinstance(offers, dict) else ""
    audience = node.get("audience")
    gender = audience.get("suggestedGender", "") if isinstance(audience, dict) else ""
    images = as_text(node.get("image")).split(LIST_SEPARATOR)
    values = (
        node.get("sku") or node.get("productID") or node.get("mpn") or path.stem, node.get("productGroupID"),
        node.get("name"), node.get("description"), node.get("category"), node.get("color"), node.get("material"),
        gender, price, LIST_SEPARATOR.join(_beside(i, path) for i in images if i),
    )  # fmt: skip
    return Row(zip(_COLUMNS, (as_text(v) for v in values), strict=True))


def _beside(address: str, path: Path) -> str:
    """A browser saves ``page.html`` with its pictures in ``page_files``; what is there need not be fetched."""
    name = urlsplit(address).path.rpartition("/")[2]
    return f"{path.stem}_files/{name}|{address}" if name else address
