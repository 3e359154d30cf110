"""Which column of a table holds which field of a product.

Column names are compared in one form: lower case, letters, digits and Han only. The synonyms below are the
column names of the export formats that the readers know (Shopify, WooCommerce, Magento, Google Merchant, Taobao)
and the plain names that shops use in files of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

FIELDS = (
    "sku", "product", "title", "title_zh", "title_en", "description", "description_zh", "description_en",
    "category", "color", "material", "audience", "price", "image",
)  # fmt: skip

# The first column found wins, in this order.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "variant sku", "sku", "item id", "product id", "id", "g:id", "outer_id", "商家编码", "商品编码", "货号",
        "编码", "款号", "商品编号", "编号", "商品id", "宝贝id", "数字id", "num_id", "article", "article number",
        "item number", "item", "code",
    ),
    "product": (
        "handle", "url handle", "item group id", "g:item_group_id", "parent", "parent sku", "parent id", "款式编码",
    ),
    "title": (
        "title", "name", "product name", "product title", "item name", "g:title", "宝贝名称", "商品名称", "商品标题",
        "名称", "标题", "品名", "产品名称", "productDisplayName", "post_title",
    ),
    "title_zh": ("title zh", "name zh", "title cn", "name cn", "中文名称", "中文标题", "chinese name"),
    "title_en": ("title en", "name en", "英文名称", "英文标题", "english name", "english title"),
    "description": (
        "body html", "body", "description", "g:description", "product description", "long description", "宝贝描述",
        "商品描述", "商品详情", "产品描述", "描述", "详情", "说明", "caption", "text", "short description",
        "post_content", "prompt", "desc",
    ),
    "description_zh": ("description zh", "description cn", "中文描述", "chinese description", "text zh"),
    "description_en": ("description en", "英文描述", "english description", "text en"),
    "category": (
        "product category", "category", "categories", "product type", "g:product_type", "type", "label", "class",
        "类目", "分类", "类别", "商品类目", "商品分类", "宝贝类目", "品类", "google product category",
        "g:google_product_category", "articleType", "subcategory",
    ),
    "color": ("color", "colour", "g:color", "base colour", "颜色", "颜色分类", "主色", "色彩"),
    "material": ("material", "g:material", "fabric", "材质", "面料", "材料"),
    "audience": ("gender", "g:gender", "audience", "age group", "g:age_group", "性别", "适用人群", "适用性别"),
    "price": (
        "variant price", "price", "g:price", "regular price", "sale price", "list price", "价格", "宝贝价格", "售价",
        "单价", "商品价格",
    ),
    "image": (
        "image src", "product image url", "image", "images", "image link", "g:image_link", "image url", "image urls",
        "picture", "pictures", "photo", "photos", "file name", "filename", "img", "img url", "base image", "图片",
        "主图", "新图片", "宝贝图片", "商品图片", "商品主图", "图片链接", "图片地址", "主图链接", "图片路径",
        "image file", "image path",
    ),
}  # fmt: skip

# Further columns with pictures of the same record, read after the first.
MORE_IMAGES = (
    "additional image link", "additional image links", "additional images", "g:additional_image_link", "附图",
    "更多图片",
)  # fmt: skip
_TRUE, _FALSE = (
    frozenset({"true", "1", "yes", "y", "t", "是"}),
    frozenset({"false", "0", "no", "n", "f", "否", ""}),
)


def plain(name: str) -> str:
    """A column's name in the form in which names are compared."""
    name = unicodedata.normalize("NFKC", name).lower().removeprefix("\ufeff")
    return re.sub(r"[\W_]+", "", name)


@dataclass(frozen=True)
class Columns:
    """The columns of one table.

    Attributes:
        names: all columns, in order.
        of: field → column.
        spare: field → further columns of that meaning, read where the first is empty.
        more_images: further picture columns.
    """

    names: tuple[str, ...]
    of: Mapping[str, str]
    spare: Mapping[str, tuple[str, ...]]
    more_images: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether something says what the product is, and something leads to its picture."""
        says = {"title", "description", "category", "title_zh", "title_en", "description_zh", "description_en"}
        return bool(says & set(self.of)) and bool({"image", "sku"} & set(self.of))

    def column(self, name: str) -> str | None:
        """The column that a user means by ``name``: a column's own name, or a field's."""
        if name in self.names:
            return name
        if name in self.of:
            return self.of[name]
        same = [column for column in self.names if plain(column) == plain(name)]
        return same[0] if same else None

    def value(self, field: str, row: Mapping[str, str]) -> str:
        """What a row says of a field; empty if nothing."""
        for column in (self.of.get(field, ""), *self.spare.get(field, ())):
            value = row.get(column, "").strip()
            if value:
                return value
        return ""


def match_columns(names: Sequence[str], mapped: Mapping[str, str], ignored: Collection[str] = ()) -> Columns:
    """Find each field's columns by the user's ``mapped`` (field → column), else by its synonyms.

    Args:
        ignored: columns, in plain form, that do not mean what their name says.
    """
    of: dict[str, str] = {}
    spare: dict[str, tuple[str, ...]] = {}
    by_plain: dict[str, str] = {}
    for name in names:
        if plain(name) not in ignored:
            by_plain.setdefault(plain(name), name)
    for field, column in mapped.items():
        chosen = column if column in names else by_plain.get(plain(column))
        if chosen is not None:
            of[field] = chosen
    taken = set(of.values())
    for field, synonyms in _SYNONYMS.items():
        found = [by_plain[plain(s)] for s in synonyms if plain(s) in by_plain]
        found = [column for column in dict.fromkeys(found) if column not in taken]
        if field in of or not found:
            continue
        of[field], spare[field] = found[0], tuple(found[1:])
        taken.update(found)
    more = [by_plain[plain(m)] for m in MORE_IMAGES if plain(m) in by_plain]
    more = [*spare.pop("image", ()), *more]
    return Columns(tuple(names), of, spare, tuple(c for c in dict.fromkeys(more) if c != of.get("image")))


def as_boolean(value: str) -> bool | None:
    """What a cell says as a truth value; None if it is something else."""
    value = value.strip().lower()
    return True if value in _TRUE else False if value in _FALSE else None


def first_words(values: Iterable[str], limit: int = 12) -> str:
    """The first few of ``values``, for an error line."""
    listed = list(values)
    return ", ".join(listed[:limit]) + (", …" if len(listed) > limit else "")
