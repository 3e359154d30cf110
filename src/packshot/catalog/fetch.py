"""Fetching pictures over HTTP: bounded in time and size, kept on disk, polite."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from packshot import __version__
from packshot.catalog.addresses import RefusedAddressError, UnknownHostError, resolve
from packshot.files import write_atomic

_MAX_BYTES = 32 << 20
_MAX_SECONDS = 60.0
_MAX_REDIRECTS = 5
_TRIES = 3
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
# Sellers' way to say that machines must not learn from a picture; see the DeviantArt and Spawning proposals.
_NO_AI = ("noai", "noimageai")


@dataclass(frozen=True)
class Fetched:
    """A picture's file, or the reason why there is none and what it rests on."""

    path: Path | None
    problem: str = ""
    detail: str = ""


class _FetchError(Exception):
    """A fetch that is over; ``again`` tells whether trying once more makes sense."""

    def __init__(self, problem: str, detail: str, *, again: bool = False, wait: float = 0.0) -> None:
        super().__init__(detail)
        self.problem, self.detail, self.again, self.wait = problem, detail, again, wait


class Fetcher:
    """Fetches pictures into a folder; what is there already is not fetched again. Many threads may share one.

    Args:
        folder: where the files go.
        allow_private: let addresses lead into private networks.
        pause: seconds to wait before the second try, doubled for each further one.
    """

    def __init__(self, folder: Path, *, allow_private: bool = False, pause: float = 0.5) -> None:
        self.folder, self.allow_private, self.pause = folder, allow_private, pause
        # A proxy would resolve names by itself, and the check of addresses would check nothing.
        self._client = httpx.Client(timeout=httpx.Timeout(15.0), trust_env=False, follow_redirects=False)
        # Variants often share a picture: the same address is fetched once, not by all threads at the same time.
        self._locks = [threading.Lock() for _ in range(64)]

    def fetch(self, address: str) -> Fetched:
        """The picture at an address."""
        key = hashlib.sha256(address.encode()).hexdigest()
        path = self.folder / key[:2] / key[2:34]
        with self._locks[int(key[:4], 16) % len(self._locks)]:
            if path.is_file():
                return Fetched(path)
            try:
                write_atomic(path, self._try(address))
            except _FetchError as failure:
                return Fetched(None, failure.problem, failure.detail)
        return Fetched(path)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _try(self, address: str) -> bytes:
        for number in range(_TRIES):
            try:
                return self._follow(address)
            except _FetchError as failure:
                if not failure.again or number == _TRIES - 1:
                    raise
                time.sleep(max(self.pause * 2**number, failure.wait))
        raise AssertionError("unreachable")

    def _follow(self, address: str) -> bytes:
        deadline = time.monotonic() + _MAX_SECONDS
        try:
            url = httpx.URL(address)
            for _ in range(_MAX_REDIRECTS + 1):
                # Every hop is checked: a public server can redirect to a private address.
                target = resolve(url, self.allow_private)
                request = self._client.build_request(
                    "GET",
                    target.url,
                    headers={"Host": target.host, "User-Agent": f"packshot/{__version__}", "Accept": "image/*"},
                    extensions={"sni_hostname": target.name},
                )
                response = self._client.send(request, stream=True)
                try:
                    if response.has_redirect_location:
                        url = url.join(response.headers["location"])
                        continue
                    return _content(response, deadline)
                finally:
                    response.close()
        except RefusedAddressError as refusal:
            raise _FetchError("address refused", str(refusal)) from None
        except UnknownHostError as unknown:
            raise _FetchError("not fetched", str(unknown), again=unknown.passing) from None
        except httpx.InvalidURL as error:
            raise _FetchError("address refused", str(error)[:120]) from None
        except httpx.HTTPError as error:
            raise _FetchError("not fetched", f"{type(error).__name__}: {error}"[:160], again=True) from None
        raise _FetchError("not fetched", f"more than {_MAX_REDIRECTS} redirects")


def _content(response: httpx.Response, deadline: float) -> bytes:
    status = response.status_code
    if status in _AGAIN:
        raise _FetchError("not fetched", f"HTTP {status}", again=True, wait=_retry_after(response))
    if status != 200:
        raise _FetchError("not fetched", f"HTTP {status}")
    wishes = ",".join(response.headers.get_list("x-robots-tag")).lower()
    if any(word.strip().rpartition(":")[2].strip() in _NO_AI for word in wishes.split(",")):
        raise _FetchError("forbids AI use", "X-Robots-Tag: noai")
    data = bytearray()
    for block in response.iter_bytes():
        data += block
        if len(data) > _MAX_BYTES:
            raise _FetchError("not fetched", f"more than {_MAX_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            raise _FetchError("not fetched", f"not complete after {_MAX_SECONDS:.0f} s", again=True)
    return bytes(data)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    # A date is allowed here too; the doubling pause does for that.
    return min(float(text), 10.0) if text.isdigit() else 0.0
