"""Pictures sorted into folders named like their class, without any table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packshot.catalog.pictures import pictures_below
from packshot.catalog.readers.tables import Row, Table

_SPLITS = frozenset({"train", "test", "validation", "val", "images", "data"})


def folder_table(folder: Path) -> Table | None:
    """A table of ``folder/[train/]LABEL/picture`` files; None if there are no such folders."""

    def read() -> Iterator[Row]:
        for path in pictures_below(folder):
            labels = [part for part in path.relative_to(folder).parts[:-1] if part.lower() not in _SPLITS]
            if labels:
                yield Row(image=path.relative_to(folder).as_posix(), label=" > ".join(labels))

    return Table(folder / "pictures", ("image", "label"), read) if next(read(), None) else None
