"""What every part of a running service shares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.requests import Request

from packshot.features.nsfw import NsfwFilter
from packshot.service.failures import busy
from packshot.service.keys import Keys
from packshot.service.metrics import Metrics
from packshot.service.models import Models
from packshot.service.settings import Settings
from packshot.service.store import ImageStore

if TYPE_CHECKING:
    from packshot.service.jobs.desk import JobDesk


class Bench:
    """Places to work on pictures at: so many at a time, and so many waiting.

    Args:
        places: worked on at once.
        waiting: that may wait; one more is answered 429.
    """

    def __init__(self, places: int, waiting: int) -> None:
        self._places, self._waiting, self._queued = asyncio.Semaphore(places), waiting, 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        Raises:
            ApiError: 429, as many wait as may.
        """
        if self._queued >= self._waiting:
            raise busy(2, "The server is busy. Try again later.")
        self._queued += 1
        try:
            await self._places.acquire()
        finally:
            self._queued -= 1
        try:
            yield
        finally:
            self._places.release()


@dataclass
class Core:
    """What every part of a running service shares.

    Attributes:
        stopping: set when the server shuts down, so that streams end.
    """

    settings: Settings
    keys: Keys
    metrics: Metrics
    models: Models
    store: ImageStore
    bench: Bench
    desk: JobDesk
    nsfw: NsfwFilter | None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def core_of(request: Request) -> Core:
    """The core of the service that a request came to."""
    return cast(Core, request.app.state.core)


def owner_of(request: Request) -> str:
    """The name of the caller's key; empty on a server without keys."""
    return cast(str, request.scope["packshot.owner"])
