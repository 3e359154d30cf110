"""A server with its workers, from start to a clean end."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from packshot.errors import PackshotError
from packshot.service.app import create_app
from packshot.service.jobs.worker import work
from packshot.service.keys import Keys
from packshot.service.settings import Settings

log = logging.getLogger("packshot.service")

_GRACE = 30


def serve(settings: Settings, started: Callable[[str], None]) -> None:
    """Serve until a signal; requests under way are answered, jobs under way wait for the next start.

    Args:
        started: told the address once the server listens.

    Raises:
        PackshotError: the address cannot be had, or asks for keys and there are none.
    """
    if not settings.local and not Keys(settings.state):
        raise PackshotError(
            f"{settings.host} can be reached by others, and there is no API key",
            "--host",
            "Make one first: packshot serve --new-key NAME.",
            usage=True,
        )
    with _listen(settings) as listener:
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            h11_max_incomplete_event_size=64 * 1024,
        )
        server = _Server(config, app.state.core.stopping)
        crew = Crew(settings)
        # A signal before uvicorn looks out for it counts too. It raises the one that ended it once more, which must not
        # kill us before the workers are told.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, server.handle_exit)
        try:
            host, port = listener.getsockname()[:2]
            started(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
            server.run([listener])
        finally:
            crew.close()


class _Server(uvicorn.Server):
    """Tells streams that the end has come, which would keep it waiting."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


class Crew:
    """Worker processes; one that dies is replaced."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._stop = settings, threading.Event()
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[Any] = [self._start() for _ in range(settings.workers)]
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _start(self) -> Any:
        process = self._context.Process(target=work, args=(self._settings,), name="packshot-worker")
        process.start()
        return process

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            for place, worker in enumerate(self._workers):
                if not worker.is_alive() and not self._stop.is_set():
                    log.warning("a worker died (exit %s) and is replaced", worker.exitcode)
                    self._workers[place] = self._start()

    def close(self) -> None:
        """End the workers after the products in hand."""
        self._stop.set()
        self._watcher.join()
        for worker in self._workers:
            worker.terminate()
        end = time.monotonic() + _GRACE
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()


def _listen(settings: Settings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        server = socket.create_server((settings.host, settings.port), family=family, backlog=1024)
        # Accepted connections inherit it; without it an answer's body waits 40 ms for the client to confirm its head.
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server
    except OSError as error:
        reason = error.strerror or str(error)
        raise PackshotError(
            f"cannot listen: {reason}", f"{settings.host}:{settings.port}", "Try another --port."
        ) from None
