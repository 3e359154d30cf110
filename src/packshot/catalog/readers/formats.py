"""Recognising whose export a table is, by its columns, and reading products from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from packshot.catalog.columns import Columns, plain
from packshot.catalog.readers import shops
from packshot.catalog.readers.items import Item, plain_items
from packshot.catalog.readers.tables import Table

__all__ = ["Format", "Item", "format_of"]


@dataclass(frozen=True)
class Format:
    """A way of exporting products.

    Attributes:
        name: what it is called.
        needs: columns, in plain form, that all must be there.
        items: reads the products.
        ignored: columns, in plain form, that mean something else here than their name says.
    """

    name: str
    needs: frozenset[str]
    items: Callable[[Table, Columns], Iterator[Item]]
    ignored: frozenset[str] = field(default_factory=frozenset)


def _columns(*names: str) -> frozenset[str]:
    return frozenset(map(plain, names))


_FORMATS = (
    Format("Shopify", _columns("Handle", "Title", "Image Src"), shops.shopify_items),
    Format("Shopify", _columns("URL handle", "Title", "Product image URL"), shops.shopify_items),
    Format("WooCommerce", _columns("SKU", "Name", "Images", "Categories"), shops.woocommerce_items, _columns("Type")),
    Format(
        "Magento", _columns("sku", "name", "product_type", "base_image"), shops.magento_items,
        _columns("product_type", "attribute_set_code"),
    ),
    Format("Taobao", _columns("宝贝名称", "新图片"), shops.taobao_items, _columns("宝贝数量", "类型")),
    Format("Google Merchant", _columns("id", "title", "image_link"), shops.merchant_items),
    Format("table", frozenset(), plain_items),
)  # fmt: skip


def format_of(table: Table) -> Format:
    """The first format whose columns the table has; a plain table if it is none of them."""
    names = {plain(name) for name in table.columns}
    return next(f for f in _FORMATS if f.needs <= names)
