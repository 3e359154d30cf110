"""Progress of long work: a bar with a time estimate on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

_PLAIN_SECONDS = 15.0


class Ticker:
    """Told of each finished unit; shows it."""

    def __init__(self, label: str, total: int | None, done: int, bar: Progress | None) -> None:
        self._label, self._total, self._done, self._bar = label, total, done, bar
        self._started = self._shown = time.monotonic()
        self._first = done
        self._task = bar.add_task(label, total=total, completed=done, note="") if bar else None

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count ``count`` units as done; ``note`` is a short text to show beside them."""
        self._done += count
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, note=note)
        elif time.monotonic() - self._shown >= _PLAIN_SECONDS:
            self._shown = time.monotonic()
            print(self._line(note), file=sys.stderr, flush=True)

    def reach(self, done: int, total: int) -> None:
        """Count ``done`` units of ``total``, for work whose size is known only once it has begun."""
        if self._total is None:
            self._started = time.monotonic()
            self._total = total
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, total=total)
        self.advance(done - self._done)

    def _line(self, note: str) -> str:
        of = f"/{self._total}" if self._total else ""
        elapsed = time.monotonic() - self._started
        left = ""
        if self._total and self._done > self._first:
            seconds = elapsed / (self._done - self._first) * (self._total - self._done)
            left = f", {seconds / 60:.1f} min left"
        return f"{self._label}: {self._done}{of}{left}{'  ' + note if note else ''}"


@contextmanager
def ticker(label: str, total: int | None = None, done: int = 0) -> Iterator[Ticker]:
    """Show work of ``total`` units under ``label``, of which ``done`` were finished before."""
    if not sys.stderr.isatty():
        yield Ticker(label, total, done, None)
        return
    with _bar() as bar:
        yield Ticker(label, total, done, bar)


def _bar() -> Progress:
    # A tenth of a second to import, which one picture in a script need not wait for.
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[note]}"),
    )
    # Progress goes to standard error, so that --json on standard output stays clean.
    return progress.Progress(*columns, console=Console(stderr=True))


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate over ``items`` and show how far it is."""
    with ticker(label, total) as shown:
        for item in items:
            yield item
            shown.advance()


def say(line: str) -> None:
    """One plain line of news on standard error."""
    print(line, file=sys.stderr, flush=True)
