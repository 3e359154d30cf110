"""The exports of Shopify, WooCommerce, Magento, Google Merchant and Taobao.

Sources: the import and export pages of each one's manual (help.shopify.com/manual/products/import-export,
woocommerce.com/document/product-csv-importer-exporter, Adobe Commerce "Product data attributes reference",
support.google.com/merchants "Product data specification") and, for the Taobao assistant's data pack, its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from packshot.catalog.columns import Columns, plain
from packshot.catalog.readers.items import Item, plain_items, read_fields, read_images, references
from packshot.catalog.readers.tables import LIST_SEPARATOR, Row, Table
from packshot.text.normalise import language

_COLOR = ("color", "colour", "颜色", "颜色分类")
# What Shopify calls its columns since 2025 → what it called them before.
_SHOPIFY_NOW = {"SKU": "Variant SKU", "Variant image URL": "Variant Image"}
_SHOPIFY_NOW |= {f"Option{i} {w.lower()}": f"Option{i} {w}" for i in (1, 2, 3) for w in ("Name", "Value")}
_INHERITED = ("title", "description", "category", "material", "audience", "price")


def shopify_items(table: Table, columns: Columns) -> Iterator[Item]:
    """Rows of one handle are one product: the first names it, the others add variants and pictures.

    A variant with a picture of its own is a product of its own, with the options in its title.
    """
    handle, numbered = columns.of.get("product", "Handle"), enumerate(map(_as_before_2025, table.read()), 1)
    for _, group in groupby(numbered, key=lambda item: item[1].get(handle, "").strip()):
        rows = list(group)
        number, first = rows[0]
        base = read_fields(columns, first)
        variants = [(n, row) for n, row in rows if row.get("Variant Image", "").strip()]
        own = {row["Variant Image"].strip() for _, row in variants}
        images = [i for _, row in rows for i in read_images(columns, row) if i not in own]
        skus = [sku for _, row in rows if (sku := row.get("Variant SKU", "").strip())]
        if color := _option(first, first, _COLOR):
            base.setdefault("color", color)
        if len(skus) > 1:
            base["variants"] = LIST_SEPARATOR.join(skus)
        # A product all of whose pictures belong to variants is told by these.
        if images or not variants:
            yield Item(number, base, list(dict.fromkeys(images)), first)
        seen: set[str] = set()
        for n, row in variants:
            picture = row["Variant Image"].strip()
            if picture not in seen:
                seen.add(picture)
                yield Item(n, _shopify_variant(base, first, row, columns), [picture], first)


def _as_before_2025(row: Row) -> Row:
    for new, old in _SHOPIFY_NOW.items():
        if new in row:
            row.setdefault(old, row[new])
    return row


def _shopify_variant(base: Mapping[str, str], first: Row, row: Row, columns: Columns) -> dict[str, str]:
    options = [row.get(f"Option{i} Value", "").strip() for i in (1, 2, 3)]
    options = [o for o in options if o and o != "Default Title"]
    fields = {**base, **{k: v for k, v in read_fields(columns, row).items() if k in ("sku", "price")}}
    fields.pop("variants", None)
    if options:
        fields["title"] = f"{base.get('title', '')} - {' / '.join(options)}"
    if color := _option(first, row, _COLOR):
        fields["color"] = color
    return fields


def _option(first: Row, row: Row, names: tuple[str, ...]) -> str:
    """The value of the option of one of these names, which only a product's first row need give."""
    for i in (1, 2, 3):
        if plain(row.get(f"Option{i} Name", "") or first.get(f"Option{i} Name", "")) in map(plain, names):
            return row.get(f"Option{i} Value", "").strip()
    return ""


def woocommerce_items(table: Table, columns: Columns) -> Iterator[Item]:
    """Variations name their parent, by SKU or as ``id:12``, and inherit what they leave empty."""
    parents: dict[str, dict[str, str]] = {}
    for number, row in enumerate(table.read(), 1):
        fields, images = read_fields(columns, row), read_images(columns, row)
        if "category" in fields:
            fields["category"] = fields["category"].split(",")[0]
        if "description" in fields:
            # The exporter writes a line's end as a backslash and an n.
            fields["description"] = fields["description"].replace("\\n", "\n")
        for i in range(1, 6):
            name, value = row.get(f"Attribute {i} name", ""), row.get(f"Attribute {i} value(s)", "").strip()
            if plain(name) in map(plain, _COLOR) and value and "," not in value:
                fields["color"] = value
        parent = row.get("Parent", "").strip()
        if parent in parents:
            fields = {**{k: v for k, v in parents[parent].items() if k in _INHERITED}, **fields}
            fields["product"] = parents[parent].get("sku", parent)
        else:
            own_id = f"id:{row.get('ID', '').strip()}"
            # Not every product has an SKU, and those without have nothing in common.
            fields["product"] = fields.get("sku", own_id)
            parents |= {own_id: fields, fields["product"]: fields}
        yield Item(number, fields, images, row)


def magento_items(table: Table, columns: Columns) -> Iterator[Item]:
    """Simple products belong to a configurable one that lists them; rows of a store view are translations."""
    parents: dict[str, str] = {}
    views: dict[str, dict[str, str]] = {}
    for row in table.read():
        sku = row.get("sku", "").strip()
        for part in row.get("configurable_variations", "").split("|"):
            if match := re.search(r"sku=([^,|]+)", part):
                parents[match.group(1).strip()] = sku
        if row.get("store_view_code", "").strip():
            said = {f: v for f, v in read_fields(columns, row).items() if f in ("title", "description")}
            for name, value in said.items():
                if (spoken := language(value)) != "other":
                    views.setdefault(sku, {})[f"{name}_{spoken}"] = value
    for number, row in enumerate(table.read(), 1):
        if row.get("store_view_code", "").strip():
            continue
        fields = read_fields(columns, row)
        sku = fields.get("sku", "")
        fields["product"] = parents.get(sku, sku)
        if "category" in fields:
            fields["category"] = fields["category"].split(",")[0].removeprefix("Default Category/")
        for name, value in re.findall(r"(\w+)=([^,]*)", row.get("additional_attributes", "")):
            if name in ("color", "material", "gender") and value:
                fields.setdefault("audience" if name == "gender" else name, value)
        yield Item(number, {**fields, **views.get(sku, {})}, _magento_images(columns, row), row)


def _magento_images(columns: Columns, row: Row) -> list[str]:
    # Paths start at the shop's media folder: "/w/s/shirt.jpg" is not an absolute path.
    found = [reference.lstrip("/") for reference in read_images(columns, row)]
    return [reference for reference in found if reference != "no_selection"]


def merchant_items(table: Table, columns: Columns) -> Iterator[Item]:
    """Google's category may be a number of its taxonomy, which says nothing without the taxonomy."""
    for item in plain_items(table, columns):
        if item.fields.get("category", "").isdigit():
            del item.fields["category"]
        yield item


def taobao_items(table: Table, columns: Columns) -> Iterator[Item]:
    """A picture cell is ``name:kind:position:|address;…``; the file ``name.tbi`` lies in a folder beside.

    The category is a number of Taobao's own, so the title has to say what the product is.
    """
    for item in plain_items(table, columns):
        cell = item.cells.get("新图片", "")
        if item.fields.get("category", "").isdigit():
            del item.fields["category"]
        images = []
        for part in filter(None, (p.strip() for p in cell.split(";"))):
            name, _, address = part.partition("|")
            stem = name.split(":")[0].strip()
            images.append("|".join(filter(None, (f"{stem}.tbi" if stem else "", address.strip()))))
        yield Item(item.row, item.fields, images or references(cell), item.cells)
