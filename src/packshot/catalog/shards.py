"""Writing the finished catalog's files from the parts, a few rows at a time in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from packshot.catalog.decisions import Decisions
from packshot.catalog.parts import Parts
from packshot.catalog.schema import NAMES, REJECTED, catalog_schema, rejected_schema

_SHARD_ROWS = 4000
_SHARD_BYTES = 256 << 20
_GROUP_ROWS = 100


class ShardWriter:
    """Writes one split's rows into shards of bounded size.

    Args:
        folder: where the shards go.
        split: ``train`` or ``test``.
        sizes: bytes of every row's picture, in order; they decide where shards end.
    """

    def __init__(self, folder: Path, split: str, sizes: Sequence[int]) -> None:
        self._folder, self._split = folder, split
        self._ends = shard_ends(sizes)
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None
        self._count = 0
        self.digest = hashlib.sha256(split.encode())

    def add(self, row: dict[str, Any]) -> None:
        """Take the next row."""
        self._rows.append({name: row[name] for name in NAMES})
        self._count += 1
        if self._count in self._ends:
            self._flush()
            self._writer.close()
            self._writer = None
        elif len(self._rows) == _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            number = sum(end < self._count for end in self._ends)
            name = f"{self._split}-{number:05d}-of-{len(self._ends):05d}.parquet"
            self._writer = pq.ParquetWriter(
                self._folder / name,
                catalog_schema(),
                compression="zstd",
                use_dictionary=["category", "language"],
            )
        for row in self._rows:
            self.digest.update(_content(row))
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=catalog_schema()))
        self._rows = []


def shard_ends(sizes: Sequence[int]) -> list[int]:
    """The row numbers at which shards end, the last being all rows."""
    ends, rows, volume = [], 0, 0
    for number, size in enumerate(sizes, 1):
        rows, volume = rows + 1, volume + size
        if rows == _SHARD_ROWS or volume >= _SHARD_BYTES or number == len(sizes):
            ends.append(number)
            rows = volume = 0
    return ends


def write_shards(parts: Parts, decisions: Decisions, sizes: Sequence[int], folder: Path) -> str:
    """Write ``data/`` and ``rejected.parquet`` into ``folder``.

    Returns:
        The fingerprint of what was kept: the same rows give the same one.
    """
    (folder / "data").mkdir(parents=True)
    kept = [i for i, reason in enumerate(decisions.reason) if not reason]
    writers = {
        test: ShardWriter(folder / "data", name, [sizes[i] for i in kept if decisions.test[i] is test])
        for test, name in ((False, "train"), (True, "test"))
    }
    with pq.ParquetWriter(folder / "rejected.parquet", rejected_schema(), compression="zstd") as rejected:
        for batch in _batches(_rejected(parts, decisions, writers)):
            rejected.write_table(pa.Table.from_pylist(batch, schema=rejected_schema()))
    return hashlib.sha256(b"".join(writers[test].digest.digest() for test in (False, True))).hexdigest()


def _rejected(parts: Parts, decisions: Decisions, writers: dict[bool, ShardWriter]) -> Iterable[dict[str, Any]]:
    """Hand the rows that are kept to their writers, yield the others."""
    names = tuple(dict.fromkeys((*NAMES, *REJECTED)))
    for number, row in enumerate(parts.rows(names)):
        if decisions.reason[number]:
            row |= {"reason": decisions.reason[number], "measured": decisions.measured[number]}
            yield {name: row[name] for name in REJECTED}
        else:
            row["group"] = decisions.group[number]
            if number in decisions.same_picture:
                same = {"same_picture": decisions.same_picture[number]}
                row["source"] = json.dumps(json.loads(row["source"]) | same, ensure_ascii=False)
            writers[decisions.test[number]].add(row)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == 500:
            yield batch
            batch = []
    if batch:
        yield batch


def _content(row: dict[str, Any]) -> bytes:
    text = "\x1f".join(str(row[name]) for name in NAMES if name not in ("image", "source"))
    picture: bytes = row["image"]["bytes"]
    return text.encode("utf-8", "replace") + picture
