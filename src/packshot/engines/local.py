"""The engine that uses the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Thread
from typing import Any, Literal, TypeVar

from packshot.engines.base import give_up
from packshot.errors import PackshotError

T = TypeVar("T")
R = TypeVar("R")

# Enough for no worker to wait for the reader, few enough that the items in flight fit in memory.
_AHEAD = 4


class LocalEngine:
    """Processes, or threads where the work releases Python's lock or waits for the network.

    Args:
        workers: processes or threads; None is one a core, 0 runs the work where it is called: nothing has to start,
            but an item that kills its process takes the caller with it.
        kind: ``processes`` or ``threads``.
    """

    def __init__(self, workers: int | None = None, kind: Literal["processes", "threads"] = "processes") -> None:
        self.workers = max(0, workers if workers is not None else len(os.sched_getaffinity(0)))
        self.kind = kind

    def map(self, function: Callable[[T], R], items: Iterable[T], lost: Callable[[T], R] | None = None) -> Iterator[R]:
        """See ``Engine.map``. At most four items a worker are read ahead."""
        if not self.workers:
            yield from map(function, items)
            return
        rest = iter(items)
        waiting: deque[tuple[T, Future[R]]] = deque()
        while True:
            pool = self._pool(self.workers)
            try:
                for item in rest:
                    waiting.append((item, _submit(pool, function, item)))
                    if len(waiting) >= _AHEAD * self.workers:
                        yield _first(waiting)
                while waiting:
                    yield _first(waiting)
                return
            except BrokenProcessPool:
                # Every item in flight has failed, and nothing says which of them is to blame.
                pass
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
            yield from self._one_by_one(function, waiting, lost)

    def _one_by_one(
        self, function: Callable[[T], R], waiting: deque[tuple[T, Future[R]]], lost: Callable[[T], R] | None
    ) -> Iterator[R]:
        """The results of items whose pool broke, each worked on alone, so that only the guilty are lost."""
        pool: Executor | None = None
        try:
            while waiting:
                item, future = waiting.popleft()
                if not isinstance(future.exception(), BrokenProcessPool):
                    yield future.result()
                    continue
                pool = pool or self._started()
                try:
                    result = pool.submit(function, item).result()
                except BrokenProcessPool:
                    pool.shutdown()
                    pool = None
                    result = give_up(item, lost)
                yield result
        finally:
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> Executor:
        """A pool of one process that is known to run."""
        pool = self._pool(1)
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool:
            raise PackshotError(
                "worker processes cannot start",
                hint="A script must start work under if __name__ == '__main__'; or memory has run out.",
            ) from None
        return pool

    def _pool(self, workers: int) -> Executor:
        if self.kind == "threads":
            return ThreadPoolExecutor(workers)
        # A forked child may inherit a lock that a thread of polars or OpenCV holds, and never get it.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _submit(pool: Executor, function: Callable[[T], R], item: T) -> Future[R]:
    try:
        return pool.submit(function, item)
    except BrokenProcessPool as error:
        # The pool broke over an earlier item; this one waits for its turn like those in flight.
        failed: Future[R] = Future()
        failed.set_exception(error)
        return failed


def _first(waiting: deque[tuple[T, Future[R]]]) -> R:
    """The first result; its item is taken off only once it is there."""
    result = waiting[0][1].result()
    waiting.popleft()
    return result


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    # A killed parent closes nothing: its workers would wait for work for ever.
    parent.join()
    os._exit(1)
