"""The queue of jobs: huey on SQLite or Redis. Messages are JSON, so nothing that is read from it can run code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

from packshot.service.settings import Settings

Run = Callable[[str], None]


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON instead of huey's pickles."""

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            data = {"message": data._asdict()}
        return json.dumps(data, separators=(",", ":")).encode()

    def _deserialize(self, data: bytes) -> Any:
        value = json.loads(data)
        if isinstance(value, dict) and "message" in value:
            return Message(**value["message"])
        return value


class JobQueue:
    """Ids of jobs, waiting for a worker.

    A message is lost when the worker that took it dies; the job's folder is not, and ``worker`` puts it in again.

    Args:
        run: what a worker does with an id; a server that only puts ids in has none.
    """

    def __init__(self, settings: Settings, run: Run | None = None) -> None:
        shared: dict[str, Any] = {"results": False, "serializer": JsonSerializer()}
        if settings.redis:
            self.huey: Any = RedisHuey("packshot", url=settings.redis, read_timeout=1, **shared)
        else:
            settings.state.mkdir(parents=True, exist_ok=True)
            self.huey = SqliteHuey("packshot", filename=str(settings.state / "queue.db"), fsync=True, **shared)

        # Huey knows a task by the module and the name of its function, which must be the same on both sides.
        def run_job(id: str) -> None:
            (run or _nothing)(id)

        self._task = self.huey.task()(run_job)

    def put(self, id: str) -> None:
        """Put a job at the end."""
        self._task(id)

    def waiting(self) -> list[str]:
        """The ids that no worker has taken yet."""
        return [task.args[0] for task in self.huey.pending()]


def _nothing(id: str) -> None:
    raise RuntimeError(f"job {id}: this process only puts jobs into the queue")
