"""Drawing for many requests at once: those that arrive together are drawn together, and only so many may wait."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from packshot.families.common.family import SamplingOptions
from packshot.generation.generator import Generated, Generator
from packshot.service.failures import busy
from packshot.service.metrics import Metrics

# Requests of one moment arrive over a few milliseconds.
_LINGER = 0.003
_TOGETHER = 64

Wanted = Sequence[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class _Request:
    wanted: Wanted
    options: SamplingOptions
    answer: Future[list[Generated]]


class Painter:
    """A generator that one thread feeds.

    Args:
        generator: draws.
        limit: pictures that may wait or be drawn at a time.
        metrics: told what happens.
    """

    def __init__(self, generator: Generator, limit: int, metrics: Metrics) -> None:
        self.generator, self.limit, self._metrics = generator, limit, metrics
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock, self._pending, self._each = threading.Lock(), 0, 0.05
        self._thread = threading.Thread(target=self._work, name="painter", daemon=True)
        self._thread.start()

    def submit(self, wanted: Wanted, options: SamplingOptions | None = None) -> Future[list[Generated]]:
        """Have pictures drawn: one for every (description, seed), the descriptions not empty.

        Raises:
            ApiError: 429, as many pictures wait as may.
        """
        with self._lock:
            # A request that is larger than the limit is let in when nothing else waits.
            if self._pending and self._pending + len(wanted) > self.limit:
                self._metrics.turned_away.labels("queue").inc()
                raise busy(math.ceil(self._pending * self._each), "Too many pictures are waiting. Try again later.")
            self._pending += len(wanted)
            self._metrics.waiting.set(self._pending)
        request = _Request(wanted, options or SamplingOptions(), Future())
        self._queue.put(request)
        return request.answer

    @property
    def pending(self) -> int:
        """Pictures that wait or are being drawn."""
        return self._pending

    def close(self) -> None:
        """Draw what was asked for so far, and end."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            batch, more = self._gathered()
            plain = [r for r in batch if r.options.like is None and r.options == SamplingOptions()]
            self._draw(plain)
            for request in batch:
                if request not in plain:
                    self._draw([request])
            if not more:
                return

    def _gathered(self) -> tuple[list[_Request], bool]:
        """The requests of one moment, and whether there may be more after them."""
        first = self._queue.get()
        if first is None:
            return [], False
        batch, count, end = [first], len(first.wanted), time.monotonic() + _LINGER
        while count < _TOGETHER:
            try:
                item = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            if item is None:
                return batch, False
            batch.append(item)
            count += len(item.wanted)
        return batch, True

    def _draw(self, batch: Sequence[_Request]) -> None:
        open_ = [r for r in batch if r.answer.set_running_or_notify_cancel()]
        gone = sum(len(r.wanted) for r in batch) - sum(len(r.wanted) for r in open_)
        if gone:
            self._done(gone)
        if not open_:
            return
        wanted = [w for request in open_ for w in request.wanted]
        self._metrics.together.observe(len(wanted))
        started, waiting = time.monotonic(), list(open_)
        try:
            drawn = self.generator.pictures(wanted, open_[0].options)
            while waiting:
                waiting[0].answer.set_result([next(drawn) for _ in waiting[0].wanted])
                self._done(len(waiting.pop(0).wanted))
        except BaseException as error:
            for request in waiting:
                request.answer.set_exception(error)
                self._done(len(request.wanted))
            return
        self._metrics.pictures.labels(self.generator.model.config.name).inc(len(wanted))
        self._each = 0.8 * self._each + 0.2 * (time.monotonic() - started) / len(wanted)

    def _done(self, count: int) -> None:
        with self._lock:
            self._pending -= count
            self._metrics.waiting.set(self._pending)
