"""What a server does with jobs: take them in, tell of them, stop them. Others work on them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from packshot.finishing.preset import names
from packshot.service.failures import ApiError, busy
from packshot.service.jobs.folders import JobFolder, JobFolders
from packshot.service.jobs.queue import JobQueue
from packshot.service.jobs.record import ENDED, JobRequest, JobView, Status
from packshot.service.settings import Settings


class JobDesk:
    """The jobs of a service, as one server sees them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folders, self.queue = JobFolders(settings.state / "jobs"), JobQueue(settings)

    def submit(self, owner: str, name: str, data: bytes, request: JobRequest) -> JobFolder:
        """Take in a table.

        Raises:
            ApiError: 400 or 404, it asks for what is not there; 429, the owner has as many jobs as may be.
            RedisError: the queue cannot be reached.
        """
        if request.model is not None and request.model not in self.settings.models:
            raise ApiError(404, f"The model {request.model!r} does not exist.", "model_not_found", "model")
        if request.preset is not None and request.preset not in names():
            raise ApiError(400, f"preset: one of {', '.join(names())}.", "invalid_value", "preset")
        if not data:
            raise ApiError(400, "The table is empty.", "empty_file", "table")
        running = sum(f.job.owner == owner for f in self.folders.unfinished())
        if running >= self.settings.max_jobs:
            raise busy(30, f"At most {self.settings.max_jobs} jobs at a time.")
        folder = self.folders.create(owner, name, data, request)
        try:
            self.queue.put(folder.path.name)
        except RedisError:
            # Whoever is told that it failed hands it in again.
            self.folders.remove(folder)
            raise
        return folder

    def find(self, id: str, owner: str) -> JobFolder:
        """A job of the owner's.

        Raises:
            ApiError: 404, there is none, or it is somebody else's.
        """
        folder = self.folders.find(id)
        if folder is None or folder.job.owner != owner:
            raise ApiError(404, "There is no such job.", "job_not_found", "job")
        return folder

    def of(self, owner: str) -> list[JobFolder]:
        """The owner's jobs, the newest first."""
        return [f for f in self.folders.all() if f.job.owner == owner]

    def redo(self, folder: JobFolder, skus: Sequence[str]) -> None:
        """Have some products of an ended job made anew.

        Raises:
            ApiError: 409, it is still being worked on; 400, it made no such product.
        """
        if folder.status.state not in ENDED:
            raise ApiError(409, "The job is still being worked on.", "job_not_ended")
        made = {row["sku"] for row in self.manifest(folder) if row["status"] == "made"}
        strange = [sku for sku in skus if sku not in made]
        if strange or not skus:
            raise ApiError(400, f"The job made no image for {', '.join(strange) or 'nothing'}.", "unknown_sku", "skus")
        folder.redo = list(dict.fromkeys(skus))
        self._again(folder)

    def resume(self, folder: JobFolder) -> None:
        """Have a job that failed or was cancelled go on."""
        if folder.status.state in ("failed", "cancelled"):
            self._again(folder)

    def _again(self, folder: JobFolder) -> None:
        folder.cancel(False)
        folder.update(Status())
        self.queue.put(folder.path.name)

    def cancel(self, folder: JobFolder) -> None:
        """Stop a job; what it made stays."""
        if folder.status.state in ENDED:
            return
        folder.cancel()
        with folder.held() as held:
            # Nobody works on it who could take notice.
            if held:
                folder.cancel(False)
                folder.update(folder.status.model_copy(update={"state": "cancelled"}))

    def manifest(self, folder: JobFolder) -> list[dict[str, Any]]:
        """The rows of the manifest; empty before there is one."""
        import polars as pl

        path = folder.out / "manifest.parquet"
        return pl.read_parquet(path).to_dicts() if path.is_file() else []

    def image(self, folder: JobFolder, name: str) -> Path:
        """An image that a job made, by its name in the manifest.

        Raises:
            ApiError: 404, the manifest names no such image.
        """
        if not any(row["file"] == name for row in self.manifest(folder) if row["file"]):
            raise ApiError(404, "There is no such image.", "image_not_found")
        return folder.out / name

    def counts(self) -> Counter[str]:
        """Jobs by state."""
        return Counter(f.status.state for f in self.folders.all())


def view(folder: JobFolder) -> JobView:
    """A job as callers see it."""
    job, status = folder.job, folder.status
    left = status.seconds_left
    status = status.model_copy(update={"seconds_left": None if left is None or not math.isfinite(left) else left})
    return JobView(id=job.id, table=job.table, created=job.created, request=job.request, status=status)
