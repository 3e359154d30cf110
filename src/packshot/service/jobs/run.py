"""One job, from its folder to its zip."""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from packshot.batch import Options, Summary, fill
from packshot.errors import PackshotError
from packshot.files import new_file
from packshot.service.jobs.folders import JobFolder
from packshot.service.jobs.record import ENDED, Job, Status
from packshot.service.settings import Settings

log = logging.getLogger("packshot.jobs")

_SHOWN_EVERY = 0.4
# A table that kills its worker, as one may that unpacks to more than the memory, is given up.
_ATTEMPTS = 3
# Zip archives begin here; the same bytes for the same images.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class _StopError(Exception):
    pass


class _CancelError(Exception):
    pass


def run_job(folder: JobFolder, settings: Settings, stopping: Callable[[], bool]) -> None:
    """Work on a job unless it has ended or another process works on it.

    A job that was stopped, or whose process was killed, goes on where it was.

    Args:
        stopping: whether this process is to end; the job then waits for another.
    """
    with folder.held() as held:
        if not held or folder.status.state in ENDED:
            return
        attempts = folder.status.attempts + 1
        if attempts > _ATTEMPTS:
            folder.update(Status(state="failed", error="The process that worked on it died again and again."))
            return
        folder.update(Status(state="running", attempts=attempts))
        try:
            summary = fill([folder.table], folder.out, options_of(folder, settings), _watch(folder, stopping))
            # First: a process that dies over the zip leaves no wish behind that is done already.
            folder.redo = []
            _zip(folder.out, folder.zip)
            folder.update(_ended(summary))
        except _StopError:
            folder.update(Status(state="queued"))
        except _CancelError:
            folder.cancel(False)
            folder.update(folder.status.model_copy(update={"state": "cancelled"}))
        except PackshotError as error:
            folder.update(Status(state="failed", error=_told(error, folder)))
        except Exception:
            log.exception("job %s failed", folder.path.name)
            folder.update(Status(state="failed", error="The server had an error. Its log says more."))


def _told(error: PackshotError, folder: JobFolder) -> str:
    """The error in one line without a path of this machine, which a reader of tables may put into its own words."""
    what = error.what.partition("\n")[0].replace(str(folder.path), "").rstrip(".")
    return f"{what}. {error.hint if error.usage else ''}".strip()


def options_of(folder: JobFolder, settings: Settings) -> Options:
    """What ``packshot fill`` is asked for."""
    job: Job = folder.job
    request = job.request
    name = request.model or next(iter(settings.models))
    if name not in settings.models:
        raise PackshotError(f"the model {name!r} is not offered any more")
    return Options(
        model=settings.models[name],
        n=request.n,
        candidates=request.candidates,
        everything=request.all,
        preset=request.preset or "",
        no_copies=request.no_copies,
        seed=request.seed,
        wording=request.wording,
        refused=settings.refused,
        nsfw_filter=settings.nsfw_filter,
        confined=True,
        redo=tuple(folder.redo),
    )


def _watch(folder: JobFolder, stopping: Callable[[], bool]) -> Callable[[int, int, str], None]:
    first = shown = 0.0

    def watch(done: int, total: int, _: str) -> None:
        nonlocal first, shown
        if folder.cancelled:
            raise _CancelError
        if stopping():
            raise _StopError
        now = time.monotonic()
        # The first product also pays for the start of the processes.
        first = first or now
        if now - shown >= _SHOWN_EVERY or done == total:
            shown = now
            left = (now - first) / (done - 1) * (total - done) if done > 1 else None
            folder.update(Status(state="running", done=done, total=total, seconds_left=left))

    return watch


def _ended(summary: Summary) -> Status:
    skus, failed = len(summary.entries), summary.count("failed")
    return Status(
        state="done",
        done=skus,
        total=skus,
        skus=skus,
        made=summary.count("made"),
        refused=summary.count("refused"),
        failed=failed,
        seconds_left=0,
    )


def _zip(folder: Path, target: Path) -> None:
    """Everything in a folder but hidden files; images are compressed already."""
    with new_file(target) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, path.read_bytes())
