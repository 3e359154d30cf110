"""The columns of a catalog, of its working files and of the list of what was left out."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("sku", pa.string()),
    ("title", pa.string()),
    ("description", pa.string()),
    ("text", pa.string()),
    ("text_zh", pa.string()),
    ("text_en", pa.string()),
    ("composed", pa.bool_()),
    ("language", pa.string()),
    ("category", pa.string()),
    ("attributes", pa.string()),
    ("price", pa.float64()),
    ("image", _IMAGE),
    ("width", pa.int32()),
    ("height", pa.int32()),
    ("box", pa.list_(pa.int32())),
    ("sha256", pa.string()),
    ("phash", pa.string()),
    ("group", pa.string()),
    ("flags", pa.list_(pa.string())),
    ("source", pa.string()),
)
NAMES = tuple(name for name, _ in _COLUMNS)
SMALL = tuple(name for name in NAMES if name != "image")

# What is known of a candidate before the catalog is whole, and of one that is left out.
_WORK: tuple[tuple[str, Any], ...] = (
    ("number", pa.int64()),
    ("reason", pa.string()),
    ("measured", pa.string()),
    ("product", pa.string()),
    ("size", pa.int64()),
    ("redactions", pa.string()),
)
REJECTED = (
    "sku", "title", "category", "reason", "measured", "width", "height", "sha256", "source", "thumbnail",
)  # fmt: skip


def work_schema() -> Any:
    """Schema of a part: every candidate, kept so far or not, with a small picture of those that are not."""
    pictures = [(name, pa.binary()) for name in ("thumbnail", "looks", "features")]
    return pa.schema([*_COLUMNS, *pictures, *_WORK])


def catalog_schema() -> Any:
    """Schema of a shard, with the features that Hugging Face ``datasets`` reads from its metadata."""
    features = {name: _feature(kind) for name, kind in _COLUMNS}
    features["image"] = {"_type": "Image"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(list(_COLUMNS), metadata=metadata)


def rejected_schema() -> Any:
    """Schema of ``rejected.parquet``."""
    return pa.schema([work_schema().field(name) for name in REJECTED])


def _feature(kind: Any) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    names = {pa.bool_(): "bool", pa.float64(): "float64", pa.int32(): "int32"}
    return {"dtype": names.get(kind, "string"), "_type": "Value"}
