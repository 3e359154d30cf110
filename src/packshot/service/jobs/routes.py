"""``/api/jobs``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Request, UploadFile
from fastapi.responses import FileResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from packshot.service.core import core_of, owner_of
from packshot.service.failures import ERRORS, ApiError
from packshot.service.jobs.desk import view
from packshot.service.jobs.folders import JobFolder
from packshot.service.jobs.record import ENDED, JobRequest, JobView

router = APIRouter(prefix="/api/jobs", tags=["Jobs"], responses=ERRORS)

_POLL_SECONDS = 0.4
Id = Annotated[str, Path(description="Of the job.", max_length=64)]


class Redo(BaseModel):
    """Which products to make anew."""

    model_config = ConfigDict(extra="forbid")

    skus: list[str] = Field(min_length=1, max_length=10_000)


class ManifestRow(BaseModel):
    """One image, or one product without."""

    sku: str
    file: str
    seed: int | None
    model: str
    description: str
    attributes: str
    scores: str
    labels: str
    status: str
    reason: str


@router.post("", status_code=202)
async def submit(
    request: Request,
    table: Annotated[UploadFile, File(description="CSV, XLSX, JSONL, Parquet or XML with products.")],
    options: Annotated[str, Form(description="JSON: what to make, see JobRequest.", max_length=20_000)] = "{}",
) -> JobView:
    """Hand in a table; images are made in the background."""
    try:
        wanted = JobRequest.model_validate_json(options)
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"]) or "options"
        raise ApiError(400, f"{param}: {first['msg']}.", "invalid_value", param) from None
    data = await table.read()
    desk, owner = core_of(request).desk, owner_of(request)
    return view(await run_in_threadpool(desk.submit, owner, table.filename or "", data, wanted))


@router.get("")
async def list_jobs(request: Request) -> list[JobView]:
    """The caller's jobs, the newest first."""
    folders = await run_in_threadpool(core_of(request).desk.of, owner_of(request))
    return [view(folder) for folder in folders]


@router.get("/{id}")
async def get_job(request: Request, id: Id) -> JobView:
    """One job."""
    return view(_found(request, id))


@router.get("/{id}/events", response_class=EventSourceResponse)
async def follow(request: Request, id: Id) -> AsyncIterator[ServerSentEvent]:
    """Follow a job: a ``status`` event with each change, and the last with its end."""
    folder, stopping, last = _found(request, id), core_of(request).stopping, ""
    while not stopping.is_set():
        shown = view(folder)
        text = shown.model_dump_json()
        if text != last:
            last = text
            yield ServerSentEvent(event="status", raw_data=text)
        if shown.status.state in ENDED or await request.is_disconnected():
            return
        await asyncio.sleep(_POLL_SECONDS)


@router.get("/{id}/manifest")
async def manifest(request: Request, id: Id) -> list[ManifestRow]:
    """What was made, for review."""
    folder = _found(request, id)
    rows: list[dict[str, Any]] = await run_in_threadpool(core_of(request).desk.manifest, folder)
    return [ManifestRow.model_validate(row) for row in rows]


@router.get("/{id}/images/{name:path}", response_class=FileResponse)
async def image(request: Request, id: Id, name: str) -> FileResponse:
    """One image, by its file name in the manifest."""
    path = await run_in_threadpool(core_of(request).desk.image, _found(request, id), name)
    return FileResponse(path)


@router.get("/{id}/zip", response_class=FileResponse)
async def download(request: Request, id: Id) -> FileResponse:
    """All images, the manifest and the contact sheet in one file."""
    folder = _found(request, id)
    if not folder.zip.is_file():
        ended = folder.status.state in ENDED
        message = "The job did not come to its end; resume it." if ended else "The job has not ended yet."
        raise ApiError(409, message, "job_not_ended")
    return FileResponse(folder.zip, media_type="application/zip", filename=f"packshot-{id[:8]}.zip")


@router.post("/{id}/redo", status_code=202)
async def redo(request: Request, id: Id, wanted: Redo) -> JobView:
    """Make some products anew, from other seeds."""
    folder = _found(request, id)
    await run_in_threadpool(core_of(request).desk.redo, folder, wanted.skus)
    return view(folder)


@router.post("/{id}/cancel")
async def cancel(request: Request, id: Id) -> JobView:
    """Stop a job; what it made stays."""
    folder = _found(request, id)
    await run_in_threadpool(core_of(request).desk.cancel, folder)
    return view(folder)


@router.post("/{id}/resume", status_code=202)
async def resume(request: Request, id: Id) -> JobView:
    """Have a job that failed or was cancelled go on."""
    folder = _found(request, id)
    await run_in_threadpool(core_of(request).desk.resume, folder)
    return view(folder)


@router.delete("/{id}", status_code=204, response_class=Response)
async def remove(request: Request, id: Id) -> Response:
    """Remove an ended job with everything it made."""
    folder = _found(request, id)
    if folder.status.state not in ENDED:
        raise ApiError(409, "Cancel the job first.", "job_not_ended")
    await run_in_threadpool(core_of(request).desk.folders.remove, folder)
    return Response(status_code=204)


def _found(request: Request, id: str) -> JobFolder:
    return core_of(request).desk.find(id, owner_of(request))
