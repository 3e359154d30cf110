"""``report.html``: what came in, what stayed out and why, in one file that needs nothing else."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from packshot.catalog.concerns import concerns
from packshot.catalog.needs import require
from packshot.catalog.reading import SPLITS, Catalog, Split
from packshot.files import write_atomic
from packshot.images.encode import encode
from packshot.images.resize import to_square

_THUMBNAIL = 88
_EXAMPLES = 10
_GROUPS = 12
_CATEGORIES = 24
_SWATCHES = {
    "black": "#1c1c1e", "white": "#ffffff", "grey": "#8e8e93", "silver": "#c0c0c8", "red": "#c8232c",
    "orange": "#ee7d22", "yellow": "#f4cf2f", "gold": "#c9a13b", "green": "#2f8f4e", "blue": "#2f5fb8",
    "purple": "#7b3fa0", "pink": "#ec86ae", "brown": "#7a4b2a", "beige": "#dcc9a3",
}  # fmt: skip


def write_report(path: Path) -> None:
    """Write ``report.html`` into a catalog folder."""
    require("jinja2")
    import jinja2

    source = Path(__file__).with_name("report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(source).render(**_contents(Catalog(path)))
    write_atomic(path / "report.html", page.encode())


def _contents(catalog: Catalog) -> dict[str, Any]:
    info = catalog.info
    rows = [(split, row) for split in SPLITS for row in range(catalog.split(split).height)]
    columns = {
        name: [value for split in SPLITS for value in catalog.split(split)[name].to_list()]
        for name in ("sku", "text", "text_zh", "text_en", "category", "attributes", "width", "height", "group")
    }
    columns["colors"] = [(json.loads(a).get("color") or [""])[0] for a in columns["attributes"]]
    colors = Counter(color or "none named" for color in columns["colors"])
    columns["longest"] = [max(w, h) for w, h in zip(columns["width"], columns["height"], strict=True)]
    return {
        "info": info,
        "counts": info["counts"],
        "concerns": concerns(info, columns),
        "rejected": _rejected(catalog.path / "rejected.parquet"),
        "groups": _groups(catalog, rows, columns),
        "categories": _categories(catalog, rows, columns["category"]),
        "colors": [(name, n, _SWATCHES.get(name, "")) for name, n in colors.most_common()],
        "bars": {
            "Languages": _shares(_languages(columns).items()),
            "Longest side, pixels": _shares(_histogram(columns["longest"], (64, 128, 256, 384, 512, 768, 1024))),
            "Text length, characters": _shares(
                _histogram([len(t) for t in columns["text"]], (1, 20, 50, 100, 200, 400, 800, 1600))
            ),
            "Personal data taken out": _shares(info["counts"].get("redactions", {}).items()),
            "Flags": _shares(info["counts"]["flags"].items()),
        },
        "cut_out": [(c or "none", done, of, done / of) for c, (done, of) in (info["cut_out"] or {}).items()],
    }


def _languages(columns: dict[str, list[Any]]) -> dict[str, int]:
    """How many rows have a text in which languages; packshot composes in both."""
    texts = zip(columns["text_en"], columns["text_zh"], strict=True)
    said = (" and ".join(name for name, text in zip(("en", "zh"), both, strict=True) if text) for both in texts)
    return dict(Counter(languages or "other" for languages in said).most_common())


def _rejected(path: Path) -> list[dict[str, Any]]:
    """Each reason with its count and the first few pictures."""
    reasons: dict[str, dict[str, Any]] = {}
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=500, columns=["sku", "reason", "measured", "thumbnail"]):
            for row in batch.to_pylist():
                entry = reasons.setdefault(row["reason"], {"reason": row["reason"], "count": 0, "examples": []})
                entry["count"] += 1
                if len(entry["examples"]) < _EXAMPLES:
                    picture = _uri(row["thumbnail"]) if row["thumbnail"] else ""
                    entry["examples"].append((picture, row["sku"], row["measured"] or ""))
    return sorted(reasons.values(), key=lambda entry: -int(entry["count"]))


def _groups(catalog: Catalog, rows: Sequence[tuple[Split, int]], columns: dict[str, list[Any]]) -> dict[str, Any]:
    """The largest groups of near duplicates and variants, side by side."""
    members: dict[str, list[int]] = {}
    for position, group in enumerate(columns["group"]):
        members.setdefault(group, []).append(position)
    several = sorted((m for m in members.values() if len(m) > 1), key=lambda m: (-len(m), m[0]))
    shown = several[:_GROUPS]
    pictures = _thumbnails(catalog, [rows[i] for group in shown for i in group[:8]])
    return {
        "count": len(several),
        "rows": sum(map(len, several)),
        "shown": [(len(group), [(pictures[rows[i]], columns["sku"][i]) for i in group[:8]]) for group in shown],
    }


def _categories(
    catalog: Catalog, rows: Sequence[tuple[Split, int]], categories: Sequence[str]
) -> list[tuple[str, int, float, list[str]]]:
    positions: dict[str, list[int]] = {}
    for position, category in enumerate(categories):
        positions.setdefault(category, []).append(position)
    order = sorted(positions, key=lambda category: (-len(positions[category]), category))
    # Spread over the category: its first rows often come from one afternoon.
    chosen = {c: [positions[c][i] for i in _spread(len(positions[c]), 8)] for c in order[:_CATEGORIES]}
    pictures = _thumbnails(catalog, [rows[i] for few in chosen.values() for i in few])
    most = len(positions[order[0]])
    return [
        (c or "none", len(positions[c]), len(positions[c]) / most, [pictures[rows[i]] for i in chosen.get(c, [])])
        for c in order
    ]


def _thumbnails(catalog: Catalog, wanted: Sequence[tuple[Split, int]]) -> dict[tuple[Split, int], str]:
    """Inline pictures of rows, by row."""
    found: dict[tuple[Split, int], str] = {}
    for split in SPLITS:
        rows = sorted({row for s, row in wanted if s == split})
        for row, rgb in zip(rows, catalog.images(split, rows), strict=True):
            found[split, row] = _uri(_small(rgb))
    return found


def _small(rgb: NDArray[np.uint8]) -> bytes:
    return encode(to_square(rgb, _THUMBNAIL, "pad"), "jpeg", quality=80)


def _uri(data: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def _spread(count: int, most: int) -> list[int]:
    shown = min(count, most)
    return sorted({round(i * (count - 1) / max(1, shown - 1)) for i in range(shown)})


def _histogram(values: Sequence[int], edges: Sequence[int]) -> list[tuple[str, int]]:
    labels = [f"under {edges[0]}", *(f"{a} to {b - 1}" for a, b in pairwise(edges))]
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return list(zip((*labels, f"{edges[-1]} and more"), counts.tolist(), strict=True))


def _shares(items: Iterable[tuple[str, int]]) -> list[tuple[str, int, float]]:
    """Names, counts, and each count's share of the largest, for bars."""
    listed = [(name or "none", count) for name, count in items]
    most = max((count for _, count in listed), default=0) or 1
    return [(name, count, count / most) for name, count in listed]
