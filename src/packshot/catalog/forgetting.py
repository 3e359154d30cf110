"""Taking a product out of a finished catalog, wherever it is held."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from packshot.catalog.card import card
from packshot.catalog.reading import Catalog
from packshot.catalog.report import write_report
from packshot.errors import PackshotError
from packshot.files import write_atomic


def forget_products(path: Path, skus: Collection[str]) -> dict[str, Any]:
    """Remove every picture and word of products from a catalog; see ``packshot.catalog.forget``."""
    catalog = Catalog(path)
    wanted = set(skus)
    removed = dict.fromkeys(("train", "test"), 0)
    for split in removed:
        for shard in catalog.shards("train" if split == "train" else "test"):
            removed[split] += _filter(shard, wanted)
    rejected = _filter(path / "rejected.parquet", wanted)
    if not any(removed.values()) and not rejected:
        raise PackshotError(f"no product {', '.join(sorted(wanted))}", path)
    # Other rooms derive features and embeddings from the pictures: they go as a whole.
    shutil.rmtree(path / ".cache", ignore_errors=True)
    info = catalog.info
    _recount(info, Catalog(path), removed, rejected)
    write_atomic(path / "catalog.json", (json.dumps(info, ensure_ascii=False, indent=2) + "\n").encode())
    write_atomic(path / "README.md", card(info["name"], info["licence"], info).encode())
    write_report(path)
    return {"removed": sum(removed.values()) + rejected, "skus": sorted(wanted)}


def _filter(path: Path, skus: set[str]) -> int:
    """Rewrite a file without the rows of ``skus``; how many there were."""
    table = pq.read_table(path)
    schema = table.schema
    named = [_names(source) for source in table["source"].to_pylist()]
    gone = pa.array([bool(({sku} | also) & skus) for sku, also in zip(table["sku"].to_pylist(), named, strict=True)])
    count = int(pc.sum(gone).as_py() or 0)
    if count:
        kept = table.filter(pc.invert(gone)).cast(schema)
        sink = pa.BufferOutputStream()
        pq.write_table(kept, sink, compression="zstd", row_group_size=100)
        write_atomic(path, sink.getvalue().to_pybytes())
    return count


def _names(source: str) -> set[str]:
    """The SKUs that a row also stands for: variants of the product that were not given pictures of their own."""
    return set(json.loads(source).get("variants", []))


def _recount(info: dict[str, Any], catalog: Catalog, removed: dict[str, int], rejected: int) -> None:
    """What was forgotten was never read: the counts still add up."""
    counts = info["counts"]
    gone = sum(removed.values())
    counts["kept"] -= gone
    counts["candidates"] -= gone + rejected
    counts["rejected"] -= rejected
    for split, count in removed.items():
        counts[split] -= count
    reasons = pq.read_table(catalog.path / "rejected.parquet", columns=["reason"])["reason"].to_pylist()
    counts["rejected_by_reason"] = {r: reasons.count(r) for r in dict.fromkeys(reasons)}
    frames = (catalog.train, catalog.test)
    counts["groups"] = len({group for frame in frames for group in frame["group"]})
    counts["composed"] = sum(int(frame["composed"].sum()) for frame in frames)
    info["categories"] = _tally(catalog, "category")
    info["languages"] = _tally(catalog, "language")
    info["forgotten"] = info.get("forgotten", 0) + gone + rejected
    digest = hashlib.sha256(str(info["fingerprint"]).encode())
    for frame in frames:
        digest.update("\x1f".join(frame["sha256"]).encode())
    info["fingerprint"] = digest.hexdigest()


def _tally(catalog: Catalog, column: str) -> dict[str, int]:
    values = [value for frame in (catalog.train, catalog.test) for value in frame[column]]
    return dict(sorted(((v, values.count(v)) for v in set(values)), key=lambda item: (-item[1], item[0])))
