"""Errors in the form that OpenAI's clients know, so that they raise their own exceptions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from packshot.errors import PackshotError

log = logging.getLogger("packshot.service")

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


ERRORS: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorBody, "description": "The request is at fault"}}


class ApiError(Exception):
    """An answer that is not a success.

    Args:
        status: of HTTP.
        message: for people.
        code: for programs.
        param: the parameter at fault.
        headers: to send with it.
    """

    def __init__(
        self, status: int, message: str, code: str, param: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """As it is sent."""
        kind = "rate_limit_error" if self.status == 429 else "invalid_request_error"
        kind = "server_error" if self.status >= 500 else kind
        return error_response(self.status, self.message, kind, self.code, self.param, self.headers)


def busy(seconds: float, what: str) -> ApiError:
    """429: come again in so many seconds."""
    return ApiError(429, what, "rate_limit_exceeded", headers={"Retry-After": str(max(1, round(seconds)))})


def unreachable(error: RedisError) -> ApiError:
    """503: Redis, which keeps the queue and the rates, is gone."""
    log.error("Redis: %s", error)
    message = "The queue cannot be reached. Try again later."
    return ApiError(503, message, "queue_unreachable", headers={"Retry-After": "5"})


def error_response(
    status: int,
    message: str,
    kind: str,
    code: str | None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error in OpenAI's form."""
    error = ErrorDetail(message=message, type=kind, param=param, code=code)
    return JSONResponse(ErrorBody(error=error).model_dump(), status, dict(headers or {}))


def add_handlers(app: FastAPI) -> None:
    """Answer every exception in OpenAI's form."""

    @app.exception_handler(ApiError)
    async def _api(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(PackshotError)
    async def _packshot(_: Request, error: PackshotError) -> JSONResponse:
        # Where it concerns is a path of this machine.
        message = f"{error.what}. {error.hint}".strip() if error.usage else f"{error.what}."
        return error_response(400, message, "invalid_request_error", "invalid_request")

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": "invalid request", "type": "invalid"}
        # Of a body that is no JSON it tells how far it could be read.
        where = () if first["type"] == "json_invalid" else first["loc"]
        names = [str(part) for part in where if part not in ("body", "query", "path", "header")]
        param = ".".join(names) or None
        message = f"{first['msg']}." if param is None else f"{param}: {first['msg']}."
        if first["type"] == "extra_forbidden":
            message = f"Unknown parameter: {param!r}."
        return error_response(400, message, "invalid_request_error", str(first["type"]), param)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "invalid_request")
        message = str(error.detail)
        return error_response(error.status_code, message, "invalid_request_error", code, headers=error.headers)

    @app.exception_handler(RedisError)
    async def _unreachable(_: Request, error: RedisError) -> JSONResponse:
        return unreachable(error).response()

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        return error_response(500, "The server had an error. Its log says more.", "server_error", "internal_error")
