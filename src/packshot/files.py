"""Writing files so that a reader, or a kill at any moment, sees the old content or the new, never half."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from packshot.errors import PackshotError


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


# It can only be read by changing it, for all threads; so once, before there are any.
_UMASK = _umask()


def user_cache() -> Path:
    """The user's cache folder of packshot (XDG Base Directory); it may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "packshot"


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` through a temporary file in the same folder.

    Raises:
        PackshotError: the folder cannot be written or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; a product image is as readable as any new file.
            Path(name).chmod(0o666 & ~_UMASK)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PackshotError(f"cannot write: {error.strerror or error}", path) from error


def new_array(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """A writable memory map of a new ``.npy`` file, whose room on the disk is taken at once.

    Written into a file with holes, a full disk ends the process without a word (SIGBUS).

    Raises:
        PackshotError: the folder cannot be written or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        out: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        # macOS and Windows have no such call; there a full disk is met when it is written.
        if hasattr(os, "posix_fallocate"):
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise PackshotError(f"cannot write: {error.strerror or error}", path) from error
    return out


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` to write to, which becomes ``path`` when the block ends without an error.

    Every caller has a name of its own, so two processes that make the same file do not disturb each other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem[:40]}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_new(path: Path, data: bytes, *, overwrite: bool = False) -> bool:
    """Write ``data`` to ``path`` unless another content is there already.

    Returns:
        True if the file was written, False if it held the same bytes before.

    Raises:
        PackshotError: the file exists with other content and ``overwrite`` is False.
    """
    if path.exists():
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
        if not overwrite:
            raise PackshotError("file exists already", path, "Choose another output or give --overwrite.")
    write_atomic(path, data)
    return True


@contextmanager
def new_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its name when the block ends without an error.

    Raises:
        PackshotError: ``path`` exists, is not empty and ``overwrite`` is False.
    """
    if path.exists() and not overwrite and (not path.is_dir() or any(path.iterdir())):
        raise PackshotError("folder exists already", path, "Choose another output or give --overwrite.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:40]}."))
    except OSError as error:
        raise PackshotError(f"cannot write: {error.strerror or error}", path) from error
    try:
        yield work
        work.chmod(0o777 & ~_UMASK)
        if path.exists():
            old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:40]}.old."))
            path.replace(old / "replaced")
            work.replace(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            work.replace(path)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
