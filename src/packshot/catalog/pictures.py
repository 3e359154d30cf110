"""Finding the file that a record's reference to a picture means."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".tbi")
)

# Names that many pictures have, in folders or shops of their own.
_VAGUE = re.compile(
    r"(?:img|image|photo|pic|picture|product|main|default|original|large|small|thumb|front|back)?[\W\d_]{0,4}"
)


class Pictures:
    """The picture files of some folders.

    Args:
        folders: searched with everything below them; files named first win.
        ignore: a folder to leave out, such as the catalog that is being built.
    """

    def __init__(self, folders: Iterable[Path], ignore: Path | None = None) -> None:
        self.folders: Sequence[Path] = tuple(dict.fromkeys(f.resolve() for f in folders))
        self._by_name: dict[str, Path] = {}
        self._by_stem: dict[str, Path] = {}
        self._repeated: set[str] = set()
        self._files: set[Path] = set()
        self._used: set[Path] = set()
        for folder in self.folders:
            for path in pictures_below(folder, ignore):
                self._files.add(path)
                if self._by_name.setdefault(path.name.lower(), path) != path:
                    self._repeated.add(path.name.lower())
                self._by_stem.setdefault(path.stem.lower(), path)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def files(self) -> list[Path]:
        """All picture files, sorted."""
        return sorted(self._files)

    @property
    def unused(self) -> int:
        """How many files no reference has led to so far."""
        return len(self._files - self._used)

    def find(self, reference: str, beside: Path) -> Path | None:
        """The file meant by a relative or absolute path, a file name, or an id without an extension.

        Args:
            reference: what the record says.
            beside: the folder of the record's table, which relative paths start from.
        """
        path = self._find(reference.strip(), beside)
        if path is not None:
            self._used.add(path)
        return path

    def find_saved(self, address: str) -> Path | None:
        """The file that an address was saved as: the only one of its name, where that names no more than one picture.

        A shop that hands over its pictures beside its export still has addresses in it. Names such as ``1.jpg`` or
        ``image-2.jpg`` are given to many pictures.
        """
        name = PurePosixPath(unquote(urlsplit(address).path)).name.lower()
        path = self._by_name.get(name)
        if path is None or name in self._repeated or _VAGUE.fullmatch(path.stem.lower()):
            return None
        self._used.add(path)
        return path

    def _find(self, reference: str, beside: Path) -> Path | None:
        if not reference or "\0" in reference or len(reference) > 1024:
            return None
        # Exports written on Windows have backslashes; some have the addresses' %20.
        for text in dict.fromkeys((reference, reference.replace("\\", "/"), unquote(reference))):
            for folder in (beside, *self.folders):
                path = folder / text
                try:
                    if path.is_file():
                        return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
                except OSError:
                    continue
        name = PurePosixPath(unquote(PureWindowsPath(reference).as_posix())).name.lower()
        found = self._by_name.get(name)
        if found is None:
            # "ab.1" is an id with a dot, not the file "ab": only a picture's suffix is taken off.
            stem, dot, suffix = name.rpartition(".")
            found = self._by_stem.get(stem if dot and f".{suffix}" in IMAGE_SUFFIXES else name)
        return found


def pictures_below(folder: Path, ignore: Path | None = None) -> Iterator[Path]:
    """The picture files in a folder and those below it, in an order that the file system does not decide."""
    for where, names, files in os.walk(folder):
        here = Path(where)
        names[:] = sorted(n for n in names if not n.startswith(".") and here / n != ignore)
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES:
                yield here / name
