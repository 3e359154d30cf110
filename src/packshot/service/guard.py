"""Who may ask for what: host and origin, API keys, rate limits; and the headers that every answer carries."""

from __future__ import annotations

import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packshot.errors import PackshotError
from packshot.service.failures import ApiError, busy, error_response, unreachable
from packshot.service.keys import Keys
from packshot.service.metrics import Metrics
from packshot.service.settings import LOOPBACK, Settings

COOKIE = "packshot_key"
_OPEN = ("/healthz", "/readyz", "/login", "/files/")
_SAFE = ("GET", "HEAD", "OPTIONS")
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' "
    "blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TOO_LARGE = bytes(error_response(413, "The request is too large.", "invalid_request_error", "request_too_large").body)


class Rates:
    """How often each key may ask; counted in Redis where there is one, so over all hosts.

    Raises:
        PackshotError: the rate is none, or Redis cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self.text = settings.rate
        try:
            self._rate: RateLimitItem = parse(settings.rate)
        except ValueError:
            raise PackshotError(f"{settings.rate!r} is no rate", "--rate", 'Write "300/minute".', usage=True) from None
        try:
            # What huey calls unix:// has another name here.
            address = settings.redis.replace("unix://", "redis+unix://", 1)
            storage = storage_from_string(address or "memory://")
            reached = storage.check()
        except (ConfigurationError, ValueError):
            raise PackshotError(f"{settings.redis!r} is no address of Redis", "--redis", usage=True) from None
        if not reached:
            raise PackshotError("Redis cannot be reached", settings.redis, "Start it, or leave --redis out.")
        self._limiter = MovingWindowRateLimiter(storage)

    def count(self, owner: str) -> None:
        """Count a request.

        Raises:
            ApiError: 429, it is one too many; 503, Redis is gone.
        """
        try:
            if self._limiter.hit(self._rate, "key", owner):
                return
            again = self._limiter.get_window_stats(self._rate, "key", owner).reset_time - time.time()
        except RedisError as error:
            raise unreachable(error) from None
        raise busy(again, f"This key may make {self.text} requests.")


class Guard:
    """ASGI middleware around the whole service, the studio page included.

    Sets ``scope["packshot.owner"]``: the name of the caller's key, or ``""`` on a server without keys.
    """

    def __init__(self, app: ASGIApp, settings: Settings, keys: Keys, metrics: Metrics, rates: Rates) -> None:
        self.app, self.settings, self.keys, self.metrics, self.rates = app, settings, keys, metrics, rates
        self._hosts = {*LOOPBACK, "[::1]", *settings.allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            scope["packshot.owner"] = self._admit(scope)
        except ApiError as error:
            self.metrics.turned_away.labels(error.code).inc()
            answer: Response = error.response()
            if error.status == 401 and _is_page(scope):
                answer = RedirectResponse("/login", 303)
            await answer(scope, receive, _finished(send))
            return
        await self.app(scope, receive, _finished(send))

    def _admit(self, scope: Scope) -> str:
        headers, method = Headers(scope=scope), scope.get("method", "GET")
        host = headers.get("host", "")
        # A page of another site that rebinds its name to this address is found by the name it calls us.
        if self.settings.local and _hostname(host) not in self._hosts:
            raise ApiError(403, "This server does not answer to that host name.", "host_not_allowed")
        origin = headers.get("origin")
        if origin is not None and (method not in _SAFE or scope["type"] == "websocket"):
            site = urlsplit(origin)
            if site.netloc != host:
                raise ApiError(403, "Requests from other sites are refused.", "origin_not_allowed")
        if scope["path"].startswith(_OPEN):
            return ""
        if not self.keys:
            if not self.settings.local:
                raise ApiError(401, "The server has no keys yet.", "invalid_api_key")
            return ""
        owner = self.keys.owner(_key(headers))
        if owner is None:
            raise ApiError(
                401, "Incorrect API key provided.", "invalid_api_key", headers={"WWW-Authenticate": "Bearer"}
            )
        if method not in _SAFE:
            self.rates.count(owner)
        return owner


def _key(headers: Headers) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _hostname(host: str) -> str:
    """A Host header without its port."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _is_page(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope.get("method") == "GET"
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _finished(send: Send) -> Send:
    """Sends every answer with the headers, and the plain text of a body that is too large in the form of the rest."""
    replaced = False

    async def wrapped(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            replaced = message["status"] == 413 and headers.get("content-type", "").startswith("text/plain")
            if replaced:
                headers["content-type"], headers["content-length"] = "application/json", str(len(_TOO_LARGE))
        elif replaced and message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": _TOO_LARGE}
        await send(message)

    return wrapped
