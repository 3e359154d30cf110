"""Reading a finished catalog."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.needs import require
from packshot.errors import PackshotError
from packshot.images.decode import decode

if TYPE_CHECKING:
    import polars as pl

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")
_SCHEMA_VERSION = 1


class Catalog:
    """A catalog folder.

    Args:
        path: the folder that ``packshot catalog build`` wrote.

    Raises:
        PackshotError: there is no finished catalog, or a newer packshot wrote it.
    """

    def __init__(self, path: Path | str) -> None:
        require()
        self.path = Path(path)
        info = self.path / "catalog.json"
        if not info.is_file():
            unfinished = (self.path / ".work").is_dir()
            raise PackshotError(
                "catalog is not finished" if unfinished else "no catalog here",
                self.path,
                "Give its packshot catalog build again." if unfinished else "Make one with packshot catalog build.",
            )
        try:
            self.info: dict[str, Any] = json.loads(info.read_text(encoding="utf-8"))
            version = int(self.info["schema"])
        except (ValueError, KeyError, TypeError):
            raise PackshotError("catalog.json is damaged", info, "Build the catalog again.") from None
        if version > _SCHEMA_VERSION:
            raise PackshotError("catalog was made by a newer packshot", self.path, "Install the newest packshot.")

    @property
    def name(self) -> str:
        """Its name: that of its folder when it was built."""
        return str(self.info["name"])

    @property
    def license(self) -> str:
        """The Hugging Face Hub's identifier of its pictures' licence; ``unknown`` where no file said."""
        return str(self.info["licence"])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what it holds: changes when any row, picture or split does."""
        return str(self.info["fingerprint"])

    @property
    def counts(self) -> dict[str, Any]:
        """How many candidates were read, kept and left out, and why."""
        counts: dict[str, Any] = self.info["counts"]
        return counts

    @property
    def cache_dir(self) -> Path:
        """Where other rooms may keep what they derive from it; removed with every change of the catalog."""
        folder = self.path / ".cache"
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise PackshotError(f"cannot write: {error.strerror or error}", folder) from None
        return folder

    @cached_property
    def train(self) -> pl.DataFrame:
        """The training rows without their pictures."""
        return self._frame("train")

    @cached_property
    def test(self) -> pl.DataFrame:
        """The held-out rows without their pictures."""
        return self._frame("test")

    def split(self, split: Split) -> pl.DataFrame:
        """``train`` or ``test`` by name."""
        return self.train if split == "train" else self.test

    def rows(self, split: Split, without: Collection[str] = ()) -> list[int]:
        """The numbers of the rows that carry none of the flags ``without``."""
        flags = self.split(split)["flags"].to_list()
        return [i for i, row in enumerate(flags) if not set(row) & set(without)]

    def attributes(self, split: Split) -> list[dict[str, tuple[str, ...]]]:
        """The attributes of every row: facet → term ids, the most important first."""
        parsed = (json.loads(text) for text in self.split(split)["attributes"])
        return [{facet: tuple(terms) for facet, terms in known.items()} for known in parsed]

    def images(self, split: Split, rows: Sequence[int] | None = None) -> Iterator[NDArray[np.uint8]]:
        """Decode pictures, one at a time.

        Args:
            rows: row numbers, in any order and repeated if wanted; None is all rows.

        Yields:
            (h, w, 3) uint8 sRGB, in the order of ``rows``.

        Raises:
            PackshotError: a row does not exist or a shard is damaged.
        """
        for data in self.image_bytes(split, rows):
            yield decode(data).rgb

    def image_bytes(self, split: Split, rows: Sequence[int] | None = None) -> Iterator[bytes]:
        """The stored files (JPEG, or PNG for cut-outs) of ``images``."""
        import pyarrow.parquet as pq

        groups = self._row_groups(split)
        starts = np.array([g[2] for g in groups], np.int64)
        total = groups[-1][2] + groups[-1][3] if groups else 0
        held: tuple[int, list[bytes]] = (-1, [])
        for row in range(total) if rows is None else rows:
            if not 0 <= row < total:
                raise PackshotError(f"no row {row} in {split}", self.path, f"It has {total} rows.")
            index = int(np.searchsorted(starts, row, side="right")) - 1
            path, group, start, _ = groups[index]
            if held[0] != index:
                # A file is opened for each group; one kept open would hold the pages of all rows read.
                with pq.ParquetFile(path) as file:
                    column = file.read_row_group(group, columns=["image.bytes"])["image"]
                held = index, [item["bytes"] for item in column.to_pylist()]
            yield held[1][row - start]

    def shards(self, split: Split) -> list[Path]:
        """The split's files, in order."""
        return sorted((self.path / "data").glob(f"{split}-*.parquet"))

    def _row_groups(self, split: Split) -> list[tuple[Path, int, int, int]]:
        """File, group in the file, first row and number of rows of each row group."""
        import pyarrow.parquet as pq

        groups, start = [], 0
        for path in self.shards(split):
            metadata = pq.read_metadata(path)
            for number in range(metadata.num_row_groups):
                rows = metadata.row_group(number).num_rows
                groups.append((path, number, start, rows))
                start += rows
        return groups

    def _frame(self, split: Split) -> pl.DataFrame:
        import polars as pl

        from packshot.catalog.schema import SMALL, catalog_schema

        paths = self.shards(split)
        if not paths:
            empty = pl.from_arrow(catalog_schema().empty_table().select(list(SMALL)))
            assert isinstance(empty, pl.DataFrame)
            return empty
        return pl.concat([pl.read_parquet(p, columns=list(SMALL)) for p in paths])
