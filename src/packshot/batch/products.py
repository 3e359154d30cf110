"""The products of a table: one for each SKU, with what is said of it and whether it has an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.catalog import Options
from packshot.catalog.describe import Description, describe
from packshot.catalog.needs import require
from packshot.catalog.records import Candidate
from packshot.errors import PackshotError
from packshot.images.decode import DecodeError, decode
from packshot.text.attributes import Vocabulary

# "Polo, M", "Polo (38)", "polo XL", "T恤M", "连衣裙 38码": a number alone may be a model's, so it needs a sign or 码.
_SIZE = re.compile(
    r"(?:\s*[,，/(（-]\s*(?:{0}|{1}[码号]?)|(?:\s+|(?<=[\u3400-\u9fff])){0}|\s*{1}码)\s*[)）]?$".format(
        r"(?:[2-6]?X{0,4}[SML]码?|one size|均码)", r"\d{2,3}(?:\.5)?"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Look:
    """How to find out whether a product has an image.

    Attributes:
        images: whether to find it out at all.
        confined: a picture outside the folders of the tables is no image: the table may be a stranger's.
    """

    images: bool = True
    confined: bool = False


@dataclass(frozen=True)
class Product:
    """One SKU.

    Attributes:
        sku: as the table has it.
        family: what variants of one product share, so that sizes look alike: the table's product, else the title
            without its size, else the SKU.
        description: of its first row.
        image: an image that it has, as the table names it; empty if it has none that can be used.
        price: as the table has it; empty if it has none.
        junk: why the user wants it left out; empty if they do not.
    """

    sku: str
    family: str
    description: Description
    image: str
    price: str = ""
    junk: str = ""


def read_products(
    sources: Sequence[Path], options: Options, out: Path, vocabulary: Vocabulary, look: Look = Look()
) -> list[Product]:
    """Every SKU of the tables once, in their order.

    A SKU in several rows, as variants may be, is described by the first of them and has an image if any has one.
    Images at web addresses are not fetched: a product with one has an image.

    Args:
        options: how the tables are read; ``map``, ``drop`` and ``images`` matter here.
        out: a folder in which no pictures are looked for.

    Raises:
        PackshotError: a table is missing or has no column that can be used, or there is no product in any.
    """
    require()
    from packshot.catalog.sources import Reader

    rows: dict[str, list[Candidate]] = {}
    for candidate in Reader(sources, options, out).candidates():
        rows.setdefault(candidate.record.fields["sku"].strip(), []).append(candidate)
    if not rows:
        raise PackshotError("no products in the table", ", ".join(map(str, sources)))
    allowed = [s.resolve() if s.is_dir() else s.parent.resolve() for s in sources] if look.confined else None
    return [
        _product(sku, found, vocabulary, _image(found, allowed) if look.images else "") for sku, found in rows.items()
    ]


def _product(sku: str, candidates: Sequence[Candidate], vocabulary: Vocabulary, image: str) -> Product:
    record = candidates[0].record
    description = describe(record.fields, None, vocabulary)
    family = record.fields.get("product", "") or _sizeless(description.title) or sku
    return Product(sku, family, description, image, record.fields.get("price", ""), record.junk)


def _sizeless(title: str) -> str:
    """A title without the size it ends in; empty if it ends in none."""
    found = _SIZE.search(title)
    return title[: found.start()] if found else ""


def _image(candidates: Iterable[Candidate], allowed: Sequence[Path] | None) -> str:
    """The first image that can be used, or nothing."""
    for candidate in candidates:
        if candidate.address:
            return candidate.address
        data = candidate.data if candidate.data is not None else _content(candidate.path, allowed)
        if data and _decodes(data):
            return candidate.reference or candidate.path or "embedded"
    return ""


def _content(path: str | None, allowed: Sequence[Path] | None) -> bytes:
    if path is None:
        return b""
    real = Path(path).resolve()
    if allowed is not None and not any(real.is_relative_to(folder) for folder in allowed):
        return b""
    try:
        return real.read_bytes()
    except OSError:
        return b""


def _decodes(data: bytes) -> bool:
    try:
        decode(data)
    except DecodeError:
        return False
    return True
