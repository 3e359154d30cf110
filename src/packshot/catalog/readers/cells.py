"""Values of any type as the text of a cell."""

from __future__ import annotations

import json
from typing import Any

from packshot.catalog.readers.tables import LIST_SEPARATOR


def as_text(value: Any) -> str:
    """A value as text; a list becomes one cell, and of an object the part that names something is taken."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, bytes):
        return ""
    if isinstance(value, list):
        return LIST_SEPARATOR.join(filter(None, (as_text(v) for v in value)))
    if isinstance(value, dict):
        for key in ("src", "url", "contentUrl", "path", "name", "value", "title"):
            if value.get(key):
                return as_text(value[key])
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
