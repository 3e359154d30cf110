"""What was made so far, in a file that a kill at any moment leaves readable: one line of JSON for each SKU.

A line is written, and is on the disk, after the images that it names; so a SKU with a line is done, and one without is
made again with the same bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from packshot.errors import PackshotError

NAME = ".fill.jsonl"
_SCHEMA = 1


class Journal:
    """The journal of an output folder, held by one process at a time; see ``open_journal``.

    Attributes:
        made: SKU → its last record.
        rounds: SKU → how often it was asked to be made anew.
        asked: SKUs that a run was asked to make anew which has not come to its end.
    """

    def __init__(self, folder: Path, file: IO[bytes]) -> None:
        self.folder, self._file = folder, file
        self.made: dict[str, dict[str, Any]] = {}
        self.rounds: dict[str, int] = {}
        self.asked: set[str] = set()

    def add(self, record: Mapping[str, Any]) -> None:
        """Write down that a SKU is done."""
        self._write({"made": record})
        self.made[record["sku"]] = dict(record)

    def redo(self, sku: str) -> None:
        """Write down that a SKU is to be made anew, from other seeds."""
        self._write({"redo": sku})
        self._asked(sku)

    def settle(self) -> None:
        """Write down that the run has come to its end: from now on the same SKU may be asked for anew once more."""
        if self.asked:
            self._write({"settled": True})
            self.asked.clear()

    def whole(self, record: Mapping[str, Any]) -> bool:
        """Whether the images of a record are there; one that someone has changed since is theirs, and stays."""
        return all((self.folder / f["file"]).is_file() for f in record["files"])

    def discard(self, record: Mapping[str, Any]) -> None:
        """Remove the images of a record, except those that someone has changed since."""
        for f in record["files"]:
            if self.untouched(f["file"], f["sha256"]):
                (self.folder / f["file"]).unlink()

    def untouched(self, file: str, *digests: str) -> bool:
        """Whether a file of the folder has one of these SHA-256."""
        try:
            return hashlib.sha256((self.folder / file).read_bytes()).hexdigest() in digests
        except OSError:
            return False

    def _asked(self, sku: str) -> None:
        self.rounds[sku] = self.rounds.get(sku, 0) + 1
        self.asked.add(sku)

    def _write(self, entry: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise PackshotError(f"cannot write: {error.strerror or error}", self.folder / NAME) from error

    def _read(self) -> dict[str, Any]:
        """Take in what is there, cut off a line that a kill left unfinished, and return the settings."""
        self._file.seek(0)
        content = self._file.read()
        end = content.rfind(b"\n") + 1
        self._file.truncate(end)
        self._file.seek(end)
        settings: dict[str, Any] = {}
        try:
            for line in content[:end].splitlines():
                entry = json.loads(line)
                if "made" in entry:
                    self.made[entry["made"]["sku"]] = entry["made"]
                elif "redo" in entry:
                    self._asked(entry["redo"])
                elif "settled" in entry:
                    self.asked.clear()
                elif entry["schema"] > _SCHEMA:
                    raise PackshotError("the folder was filled by a newer packshot", self.folder, "Update packshot.")
                else:
                    settings = entry["settings"]
        except (ValueError, KeyError, TypeError):
            hint = "Choose another output or give --overwrite."
            raise PackshotError("the record of what was made is damaged", self.folder / NAME, hint) from None
        return settings


@contextmanager
def open_journal(folder: Path, settings: Mapping[str, Any], *, overwrite: bool = False) -> Iterator[Journal]:
    """The journal of ``folder``, to go on with a run of the same settings or to begin one.

    Args:
        overwrite: begin anew although the folder holds a run of other settings; its images are removed, those that
            were changed since excepted.

    Raises:
        PackshotError: the folder holds other files, a run of other settings, or one that is still going on.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() and not overwrite and any(folder.iterdir()):
            raise PackshotError(
                "the folder holds files that packshot fill did not make", folder, "Choose another output."
            )
        with path.open("a+b") as file:
            _hold(file, folder)
            journal = Journal(folder, file)
            _begin(journal, file, json.loads(json.dumps(settings)), overwrite)
            yield journal
    except OSError as error:
        raise PackshotError(f"cannot write: {error.strerror or error}", folder) from error


def _begin(journal: Journal, file: IO[bytes], settings: dict[str, Any], overwrite: bool) -> None:
    try:
        before = journal._read()
    except PackshotError:
        if not overwrite:
            raise
        before = {"damaged": True}
    if before and before != settings:
        # Settings of a run that made nothing, as one that was mistaken about something else, bind nobody.
        if journal.made and not overwrite:
            raise PackshotError(
                f"the folder was filled with other settings: {_difference(before, settings)}",
                journal.folder,
                "Choose another output, or give --overwrite to begin anew.",
            )
        for record in journal.made.values():
            journal.discard(record)
        file.truncate(0)
        journal.made, journal.rounds, journal.asked, before = {}, {}, set(), {}
    if not before:
        journal._write({"schema": _SCHEMA, "settings": settings})


def _hold(file: IO[bytes], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PackshotError("another packshot fill works in this folder", folder, "Wait until it is done.") from None


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    parts = [
        f"{k} {before.get(k)!r}, now {now.get(k)!r}" for k in sorted({*before, *now}) if before.get(k) != now.get(k)
    ]
    return "; ".join(parts)
