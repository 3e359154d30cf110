"""What became of each SKU of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packshot.batch.products import Product


@dataclass(frozen=True)
class Entry:
    """One SKU in the manifest.

    Attributes:
        status: ``made``, ``has image``, ``refused`` (the model cannot serve it), ``left out`` or ``failed``.
        reason: why, where it was not made; what to know, where it was.
        record: of the journal, where it was made.
    """

    product: Product
    status: str
    reason: str = ""
    text: str = ""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
