"""Tables and trees that the tests of this room share."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

HEADER = ("sku", "title", "category", "image")
APPAREL = [
    ("A-1", "red dress", "Dress", ""),
    ("A-2", "黑色皮鞋", "鞋", ""),
    ("A-3", "Mountain bike, 44", "Mountain Bikes", ""),
    ("A-4", "blue T-shirt", "T-Shirt", ""),
]


def write_table(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def tree(folder: Path) -> dict[str, str]:
    """Every file of a folder, hidden ones too, with the digest of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
