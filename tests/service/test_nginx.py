"""docs/serve-behind-nginx.md, tried as written: its nginx configuration and its commands, with ports that are free."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from ..batch.tables import APPAREL, write_table
from ..conftest import ROOT

PAGE = (ROOT / "docs" / "serve-behind-nginx.md").read_text(encoding="utf-8")
NEEDED = ("nginx", "redis-server", "openssl")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Everything on the page, running; the address of nginx and a key."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    ports = {name: _free_port() for name in ("8001", "8002", "6379", "443")}
    changed = {
        "/srv/packshot": str(tmp_path / "state"),
        "packshot serve": f"{sys.executable} -m packshot serve",
        "/etc/ssl/packshot": str(tmp_path),
        "listen 443": f"listen 127.0.0.1:{ports['443']}",
        **{f":{name}": f":{ports[name]}" for name in ("8001", "8002", "6379")},
        **{f"--port {name}": f"--port {ports[name]}" for name in ("8001", "8002")},
    }
    # In one go: what was put in must not be taken for what is to be changed.
    pattern = re.compile("|".join(map(re.escape, changed)))

    def as_here(text: str) -> str:
        return pattern.sub(lambda found: changed[found.group()], text)

    key_command, commands = (block.strip().splitlines() for block in _blocks("sh"))
    key = subprocess.run(as_here(key_command[0]).split(), check=True, capture_output=True, text=True).stdout.strip()
    with ExitStack() as stack:

        def start(command: list[str]) -> None:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)

        start(["redis-server", "--port", str(ports["6379"]), "--save", "", "--dir", str(tmp_path)])
        _reach(ports["6379"])
        for command in commands:
            start([*as_here(command).split(), *([] if "--worker-only" in command else ["--no-studio"])])
        (configuration,) = _blocks("nginx")
        certificate = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=packshot.example"
        files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
        name = ["-addext", "subjectAltName=DNS:packshot.example"]
        subprocess.run(["openssl", *certificate.split(), *files, *name], check=True, capture_output=True)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        # Started by root, its workers would otherwise be somebody who may not write here.
        user = "user root; " if os.getuid() == 0 else ""
        (tmp_path / "nginx.conf").write_text(
            f"{user}pid {tmp_path}/nginx.pid; error_log stderr; daemon off; worker_processes 1; events {{}} "
            f"http {{ access_log off; {temporary} {as_here(configuration)} }}"
        )
        start(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
        for port in ("8001", "8002"):
            _wait(f"http://127.0.0.1:{ports[port]}/readyz")
        yield f"https://127.0.0.1:{ports['443']}", key


def _reach(port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at {port}")


def _wait(url: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def test_the_page_works_as_it_is_written(site: tuple[str, str], tmp_path: Path) -> None:
    url, key = site
    trust = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    trust.check_hostname = False
    host = {"host": "packshot.example"}
    with httpx.Client(base_url=url, verify=trust, headers=host, timeout=120) as client:
        assert client.get("/v1/models").status_code == 401
        client.headers["authorization"] = f"Bearer {key}"
        assert client.get("/v1/models").status_code == 200
        assert client.get("/v1/models", headers={"host": "other.example"}).status_code == 403
        image = client.post("/v1/images/generations", json={"prompt": "red dress", "response_format": "url"}).json()
        # The address is that of the proxy, so it can be fetched from outside.
        address = image["data"][0]["url"]
        assert address.startswith("https://packshot.example/files/")
        assert client.get(address.replace("https://packshot.example", url)).headers["content-type"] == "image/png"
        table = write_table(tmp_path / "products.csv", APPAREL)
        with table.open("rb") as file:
            job = client.post("/api/jobs", files={"table": file}, data={"options": '{"preset": "taobao"}'}).json()
        states = []
        with client.stream("GET", f"/api/jobs/{job['id']}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            for line in events.iter_lines():
                states += re.findall(r'"state":"(\w+)"', line)
        assert states[-1] == "done", states
        assert client.get(f"/api/jobs/{job['id']}/zip").content.startswith(b"PK")
        assert client.post("/api/jobs", content=b"x" * 54_000_000).status_code == 413
