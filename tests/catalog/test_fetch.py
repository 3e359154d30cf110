"""Fetching pictures: from a server of the test's own, and never from where a catalog has no business."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from packshot.catalog import Options, build
from packshot.catalog.addresses import RefusedAddressError, is_public, resolve
from packshot.catalog.fetch import Fetcher
from tests.catalog.shop import jpeg, photo

_PICTURE = jpeg(photo(1))
_asked: Counter[str] = Counter()


class _Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        _asked[self.path] += 1
        if self.path == "/flaky.jpg" and _asked[self.path] == 1:
            self._answer(503, b"")
        elif self.path == "/noai.jpg":
            self._answer(200, _PICTURE, {"X-Robots-Tag": "noindex, NoAI"})
        elif self.path == "/loop":
            self._answer(302, b"", {"Location": "/loop"})
        elif self.path == "/moved":
            self._answer(301, b"", {"Location": "/a.jpg"})
        elif self.path == "/inward":
            self._answer(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"})
        elif self.path == "/file":
            self._answer(302, b"", {"Location": "file:///etc/passwd"})
        elif self.path == "/nowhere":
            self._answer(300, b"")
        elif self.path.endswith(".jpg") and self.path != "/gone.jpg":
            self._answer(200, _PICTURE if self.path == "/a.jpg" else jpeg(photo(len(self.path))))
        else:
            self._answer(404, b"none")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    fetcher = Fetcher(tmp_path / "downloads", allow_private=True, pause=0.01)
    yield fetcher
    fetcher.close()


def test_a_redirect_to_nowhere_and_an_unknown_name_are_not_fetched(shop: str, fetcher: Fetcher) -> None:
    for address, detail in ((f"{shop}/nowhere", "HTTP 300"), ("http://shop.invalid/a.jpg", "unknown host")):
        fetched = fetcher.fetch(address)
        assert (fetched.path, fetched.problem) == (None, "not fetched")
        assert detail in fetched.detail


def test_a_picture_is_fetched_once(shop: str, fetcher: Fetcher) -> None:
    first, again = fetcher.fetch(f"{shop}/a.jpg"), fetcher.fetch(f"{shop}/a.jpg")
    assert first.path is not None
    assert first == again
    assert first.path.read_bytes() == _PICTURE
    assert _asked["/a.jpg"] == 1


@pytest.mark.parametrize(
    ("path", "problem", "detail"),
    [
        ("/gone.jpg", "not fetched", "HTTP 404"),
        ("/noai.jpg", "forbids AI use", "X-Robots-Tag: noai"),
        ("/loop", "not fetched", "more than 5 redirects"),
        ("/file", "address refused", "not an http address: file"),
    ],
)
def test_what_cannot_be_had_has_a_reason(shop: str, fetcher: Fetcher, path: str, problem: str, detail: str) -> None:
    fetched = fetcher.fetch(shop + path)
    assert (fetched.path, fetched.problem, fetched.detail) == (None, problem, detail)


def test_a_busy_server_is_asked_again_and_redirects_are_followed(shop: str, fetcher: Fetcher) -> None:
    assert fetcher.fetch(f"{shop}/flaky.jpg").path
    assert fetcher.fetch(f"{shop}/moved").path


def test_a_dead_server_is_a_reason(fetcher: Fetcher) -> None:
    assert fetcher.fetch("http://127.0.0.1:9/a.jpg").problem == "not fetched"


def test_private_addresses_are_refused_unless_allowed(shop: str, tmp_path: Path) -> None:
    strict = Fetcher(tmp_path, pause=0.01)
    before = _asked.total()
    for address in (
        f"{shop}/a.jpg",
        "http://localhost/x",
        "http://[::1]/x",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
    ):
        assert strict.fetch(address).problem == "address refused", address
    assert _asked.total() == before
    strict.close()


def test_a_redirect_into_a_private_network_is_refused(
    shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's server plays a public one; only the address it redirects to is judged for what it is.
    monkeypatch.setattr("packshot.catalog.addresses.is_public", lambda ip: ip == "127.0.0.1" or is_public(ip))
    fetcher = Fetcher(tmp_path, pause=0.01)
    assert fetcher.fetch(f"{shop}/inward").detail == "169.254.169.254 is in a private network"
    fetcher.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.1.1", False), ("172.16.0.1", False), ("169.254.1.1", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False), ("fe80::1", False), ("fc00::1", False),
        ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(RefusedAddressError, match="private network"):
        resolve(httpx.URL("http://rebind.example/x"), allow_private=False)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443))])
    target = resolve(httpx.URL("https://user@shop.example:444/p.jpg?x=1"), allow_private=False)
    assert str(target.url).endswith("8.8.8.8:444/p.jpg?x=1")
    assert (target.host, target.name) == ("shop.example:444", "shop.example")


def test_a_catalog_of_addresses(shop: str, tmp_path: Path) -> None:
    rows = ["sku,title,image", f"1,red hat,{shop}/a.jpg", f"2,blue hat,{shop}/b2.jpg", f"3,hat,{shop}/gone.jpg"]
    (tmp_path / "p.csv").write_text("\n".join(rows))
    refused = Options(workers=0)
    with pytest.raises(Exception, match="none of 3 candidates can be kept: address refused 3"):
        build([tmp_path / "p.csv"], tmp_path / "out", refused)
    counts = build([tmp_path / "p.csv"], tmp_path / "out", Options(workers=0, allow_private=True))
    assert counts["kept"] == 2
    assert counts["rejected_by_reason"] == {"not fetched": 1}
