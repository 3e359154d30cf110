"""Health, figures, signing in, and images by address."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from packshot import __version__
from packshot.service.core import core_of
from packshot.service.failures import ERRORS, ApiError
from packshot.service.guard import COOKIE
from packshot.service.metrics import CONTENT_TYPE

router = APIRouter(responses=ERRORS)

_LOGIN = Path(__file__).with_name("login.html")
_DAY = 86_400


@router.get("/healthz", tags=["Operation"])
async def alive() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", tags=["Operation"], responses={503: {"description": "Models are still being loaded"}})
async def ready(request: Request) -> JSONResponse:
    """Whether requests are answered at full speed."""
    core = core_of(request)
    good = core.models.ready and not core.stopping.is_set()
    return JSONResponse({"status": "ready" if good else "starting"}, 200 if good else 503)


@router.get("/metrics", tags=["Operation"], response_class=Response)
def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    core = core_of(request)
    for state, count in {"queued": 0, "running": 0, **core.desk.counts()}.items():
        core.metrics.jobs.labels(state).set(count)
    return Response(core.metrics.page(), media_type=CONTENT_TYPE)


@router.get("/files/{name}", name="image_file", tags=["OpenAI"], response_class=FileResponse)
def image_file(request: Request, name: str) -> FileResponse:
    """An image that was made a while ago, by the address that was given for it."""
    path = core_of(request).store.find(name)
    if path is None:
        raise ApiError(404, "There is no such image, or its time is over.", "image_not_found")
    return FileResponse(path, headers={"Cache-Control": "private, max-age=3600"})


@router.get("/login", include_in_schema=False)
async def login_page() -> HTMLResponse:
    """Where the studio page's users give their key."""
    return _page("")


@router.post("/login", include_in_schema=False)
async def login(request: Request, key: Annotated[str, Form(max_length=200)]) -> Response:
    """Keep the key in a cookie that no script can read."""
    core = core_of(request)
    if core.keys.owner(key.strip()) is None:
        return _page("That key is not known here. 密钥不正确。", 401)
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, key.strip(), max_age=30 * _DAY, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout", include_in_schema=False)
async def logout() -> Response:
    """Forget the key."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _page(message: str, status: int = 200) -> HTMLResponse:
    text = _LOGIN.read_text(encoding="utf-8").replace("{{ message }}", html.escape(message))
    return HTMLResponse(text, status)
