"""A process that works on jobs, and puts those whose worker was lost back into the queue."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import threading
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from packshot.service.jobs.folders import JobFolders
from packshot.service.jobs.queue import JobQueue
from packshot.service.jobs.run import run_job
from packshot.service.settings import Settings

log = logging.getLogger("packshot.jobs")

_LOOK_EVERY = 3.0


def work(settings: Settings) -> None:
    """Work on jobs until a signal, or the end of the process that started this one.

    What is being worked on stops after the product in hand, and waits in the queue.
    """
    _go_first()
    stop = threading.Event()
    folders = JobFolders(settings.state / "jobs")

    def run(id: str) -> None:
        folder = folders.find(id)
        if folder is not None and not stop.is_set():
            run_job(folder, settings, stop.is_set)

    queue = JobQueue(settings, run)
    consumer: Any = queue.huey.create_consumer(
        workers=1, periodic=False, initial_delay=0.1, max_delay=0.5, scheduler_interval=60, worker_type="thread"
    )
    consumer.start()
    # Not huey's: it would wait for the job in hand, or leave it hanging.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent, stop), daemon=True).start()
    while True:
        _look(folders, queue)
        if stop.wait(_LOOK_EVERY):
            break
    consumer.stop(graceful=True)
    _look(folders, queue)


def _go_first() -> None:
    """Where memory runs out over a table, Linux ends this process and its helpers, not the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900")


def _look(folders: JobFolders, queue: JobQueue) -> None:
    try:
        recover(folders, queue)
    except RedisError as error:
        # It may be about to start again.
        log.error("Redis: %s", error)


def _end_with(parent: Any, stop: threading.Event) -> None:
    parent.join()
    stop.set()


def recover(folders: JobFolders, queue: JobQueue) -> list[str]:
    """Put every unfinished job that nobody works on and that does not wait into the queue; returns their ids.

    An id that is in twice does no harm: a job is held while it is worked on, and does nothing once it has ended.
    """
    waiting, found = set(queue.waiting()), []
    for folder in folders.unfinished():
        id = folder.path.name
        with folder.held() as held:
            lost = held and id not in waiting
        if lost:
            log.info("job %s is taken up again", id)
            queue.put(id)
            found.append(id)
    return found
