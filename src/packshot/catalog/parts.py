"""The working files of a build: candidates inspected so far, in parts written whole or not at all."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from packshot.catalog.schema import work_schema
from packshot.errors import PackshotError
from packshot.files import new_array, write_atomic

PART_ROWS = 250


class Parts:
    """The parts in a catalog's working folder.

    Args:
        folder: the working folder, ``CATALOG/.work``.
        identity: what is being built: sources, options, version. Parts of anything else are not continued.
        overwrite: throw the parts of anything else away.

    Raises:
        PackshotError: the folder holds the parts of something else.
    """

    def __init__(self, folder: Path, identity: Mapping[str, object], *, overwrite: bool = False) -> None:
        self.folder = folder
        settings = folder / "settings.json"
        wanted = json.dumps(identity, ensure_ascii=False, sort_keys=True, indent=1)
        if settings.is_file() and settings.read_text(encoding="utf-8") != wanted:
            if not overwrite:
                raise PackshotError(
                    "an unfinished catalog of other sources or options lies here",
                    folder.parent,
                    "Give the same command again to finish it, or --overwrite to start anew.",
                )
            self.remove()
        write_atomic(settings, wanted.encode())

    @property
    def paths(self) -> list[Path]:
        """The parts, in order; a gap ends them."""
        found: list[Path] = []
        while (path := self._path(len(found))).is_file():
            found.append(path)
        return found

    @property
    def done(self) -> int:
        """How many candidates are inspected already."""
        return sum(pq.read_metadata(path).num_rows for path in self.paths)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add the next part."""
        table = pa.Table.from_pylist(list(rows), schema=work_schema())
        sink = io.BytesIO()
        pq.write_table(table, sink, row_group_size=100, compression="zstd")
        write_atomic(self._path(len(self.paths)), sink.getvalue())

    def columns(self, names: Sequence[str]) -> Any:
        """The named columns of all candidates, as one Arrow table."""
        tables = [pq.read_table(path, columns=list(names)) for path in self.paths]
        return pa.concat_tables(tables) if tables else work_schema().empty_table().select(list(names))

    def array(self, name: str, length: int, dtype: Any) -> NDArray[Any]:
        """A binary column as a memory map of (candidates, length) ``dtype``; zeros where there is nothing."""
        count, start = self.done, 0
        out = new_array(self.folder / f"{name}.npy", dtype, (count, length))
        for part in self.paths:
            for data in pq.read_table(part, columns=[name])[name].to_pylist():
                if data is not None:
                    out[start] = np.frombuffer(data, dtype)
                start += 1
        return out

    def rows(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """All candidates in order with the named columns, a few at a time in memory."""
        for path in self.paths:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=64, columns=list(names)):
                    yield from batch.to_pylist()

    def remove(self) -> None:
        """Delete the working folder, and the catalog's folder if nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def _path(self, number: int) -> Path:
        return self.folder / "parts" / f"part-{number:05d}.parquet"
