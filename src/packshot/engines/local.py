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

from packshot.errors import PackshotError

T = TypeVar("T")
R = TypeVar("R")

# Enough for no worker to wait for the reader, few enough that the items in flight fit in memory.
_AHEAD = 4


class LocalEngine:
    """Processes, or threads where the work releases Python's lock or waits for the network.

    Args:
        workers: processes or threads; None is one a core. One worker runs the work where it is called.
        kind: ``processes`` or ``threads``.
    """

    def __init__(self, workers: int | None = None, kind: Literal["processes", "threads"] = "processes") -> None:
        self.workers = max(1, workers if workers is not None else len(os.sched_getaffinity(0)))
        self.kind = kind

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield ``function(item)`` for every item, in the order of the items.

        At most four items a worker are read ahead, so memory does not grow with the number of items.

        Raises:
            PackshotError: a worker process died.
        """
        if self.workers == 1:
            yield from map(function, items)
            return
        pool = self._pool()
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= _AHEAD * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise PackshotError(
                "a worker process died",
                hint="Memory may have run out; a script must start work under if __name__ == '__main__'.",
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self) -> Executor:
        if self.kind == "threads":
            return ThreadPoolExecutor(self.workers)
        # A forked child may inherit a lock that a thread of polars or OpenCV holds, and never get it.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_start_worker)


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
