"""A folder's name for every SKU, safe on every file system."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

_LONGEST = 80
# Windows keeps these for devices, with any suffix.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def folder_names(skus: Iterable[str]) -> dict[str, str]:
    """SKU → folder: the SKU itself where it can be one, else like it with six digits of its SHA-256.

    Two SKUs that differ in case alone, which some file systems do not tell apart, both get digits.
    """
    plain = {sku: _plain(sku) for sku in skus}
    count = Counter(name.casefold() for name in plain.values())
    return {
        sku: name if name == sku and count[name.casefold()] == 1 else f"{name or 'sku'}-{_digits(sku)}"
        for sku, name in plain.items()
    }


def _plain(sku: str) -> str:
    # A leading hyphen would be read as an option by programs that are given the name.
    name = re.sub(r"[^\w.-]+", "-", sku).strip(".-_")
    while len(name.encode()) > _LONGEST:
        name = name[:-1]
    return f"{name}_" if _RESERVED.fullmatch(name) else name


def _digits(sku: str) -> str:
    return hashlib.sha256(sku.encode()).hexdigest()[:6]
