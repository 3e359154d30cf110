"""A product as a source has it, before anything is cleaned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Record:
    """One product, or one variant of it.

    Attributes:
        table: the file it comes from, relative to its source.
        row: its data row in that file, from 1.
        fields: field (see ``columns.FIELDS``) → text; a field without text is left out.
        images: what the source says of its pictures: names, paths or addresses.
        junk: why the user wants it left out, such as ``label=Skip``; empty if they do not.
    """

    table: str
    row: int
    fields: Mapping[str, str]
    images: tuple[str, ...]
    junk: str = ""


@dataclass(frozen=True)
class Candidate:
    """One record with one picture: the unit that is counted.

    Attributes:
        record: the product.
        number: which of the record's pictures this is, from 0.
        reference: what the source says of the picture; empty when the record names none.
        source: name of the source.
        path: the picture's file, or None if there is none.
        address: where the picture is to be fetched from when there is no file.
        data: the picture itself, where the table holds it.
        problem: why there is no picture; empty when there is.
        detail: what that rests on, if it is more than the reference.
    """

    record: Record
    number: int
    reference: str
    source: str
    path: str | None = None
    address: str = ""
    data: bytes | None = None
    problem: str = ""
    detail: str = ""


@dataclass
class Tally:
    """What is counted while reading, besides candidates.

    Attributes:
        records: records read.
        tables: table → its format and its columns by field.
        unused: tables that held no products, with the reason.
    """

    records: int = 0
    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
