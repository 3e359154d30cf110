"""Jobs on disk: a folder each, readable by every process and host that shares it."""

from __future__ import annotations

import fcntl
import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from packshot.catalog.readers import SUFFIXES
from packshot.errors import PackshotError
from packshot.files import write_atomic
from packshot.service.jobs.record import ENDED, Job, JobRequest, Status

_ID = re.compile(r"[0-9a-f]{24}")


class JobFolder:
    """One job's folder.

    ``input/table.csv`` is what was sent, ``out/`` what ``packshot fill`` makes of it, ``result.zip`` that in one file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.out, self.zip = path, path / "out", path / "result.zip"

    @cached_property
    def job(self) -> Job:
        """What it is asked to do."""
        return Job.model_validate_json((self.path / "job.json").read_bytes())

    @property
    def table(self) -> Path:
        """The table that was sent."""
        return next((self.path / "input").iterdir())

    @property
    def status(self) -> Status:
        """How far it is."""
        try:
            return Status.model_validate_json((self.path / "status.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return Status()

    def update(self, status: Status) -> None:
        """Write down how far it is."""
        write_atomic(
            self.path / "status.json", status.model_copy(update={"updated": time.time()}).model_dump_json().encode()
        )

    @property
    def redo(self) -> list[str]:
        """SKUs to make anew."""
        try:
            return list(json.loads((self.path / "redo.json").read_bytes()))
        except FileNotFoundError:
            return []

    @redo.setter
    def redo(self, skus: list[str]) -> None:
        if skus:
            write_atomic(self.path / "redo.json", json.dumps(skus).encode())
        else:
            (self.path / "redo.json").unlink(missing_ok=True)

    @property
    def cancelled(self) -> bool:
        """Whether it is to stop."""
        return (self.path / "cancel").exists()

    def cancel(self, wanted: bool = True) -> None:
        """Ask it to stop, or take that back."""
        if wanted:
            (self.path / "cancel").touch()
        else:
            (self.path / "cancel").unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the job while it is worked on; yields whether it could be had. A killed process holds nothing."""
        with (self.path / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


class JobFolders:
    """All jobs of a service.

    Raises:
        PackshotError: their folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PackshotError(f"cannot write: {error.strerror or error}", root, "Choose another --state.") from None

    def create(self, owner: str, name: str, data: bytes, request: JobRequest) -> JobFolder:
        """Keep a table and what to do with it.

        Raises:
            PackshotError: the file's name ends like no table that can be read.
        """
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise PackshotError(f"not a product table: {suffix or 'no suffix'}; it may be {', '.join(SUFFIXES)}")
        job = Job(id=secrets.token_hex(12), owner=owner, table=_shown(name), created=time.time(), request=request)
        # It appears whole: another process looks for jobs at any moment.
        work = self.root / f".{job.id}"
        write_atomic(work / "input" / f"table{suffix}", data)
        write_atomic(work / "job.json", job.model_dump_json().encode())
        folder = JobFolder(work)
        folder.update(Status())
        work.rename(self.root / job.id)
        return JobFolder(self.root / job.id)

    def find(self, id: str) -> JobFolder | None:
        """The job of that id, or None."""
        path = self.root / id
        return JobFolder(path) if _ID.fullmatch(id) and (path / "job.json").is_file() else None

    def all(self) -> list[JobFolder]:
        """All jobs, the newest first."""
        found = [JobFolder(path) for path in self.root.iterdir() if _ID.fullmatch(path.name)]
        return sorted(filter(_is_there, found), key=lambda f: -f.job.created)

    def unfinished(self) -> list[JobFolder]:
        """Those that wait or are worked on, the oldest first."""
        return [f for f in reversed(self.all()) if f.status.state not in ENDED]

    def remove(self, folder: JobFolder) -> None:
        """Remove a job with everything it made."""
        gone = folder.path.with_name(f".gone-{folder.path.name}")
        folder.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _is_there(folder: JobFolder) -> bool:
    """Whether it has not been removed since it was listed; its job is known from then on."""
    try:
        return bool(folder.job.id)
    except FileNotFoundError:
        return False


def _shown(name: str) -> str:
    """A file's name for people: no path, no control characters, not long."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:120]
