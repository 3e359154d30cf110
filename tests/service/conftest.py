"""Services to talk to: one in this process, and whole servers with their workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="pip install 'packshot[serve]'")

from starlette.testclient import TestClient

from packshot.service.app import create_app
from packshot.service.settings import Settings
from packshot.text.refused import RefusedTerms


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service without keys."""
    settings = Settings(
        state=tmp_path_factory.mktemp("state"),
        studio=False,
        allowed_hosts=("testserver",),
        refused=RefusedTerms(["acme"]),
        max_pixels=4_000_000,
    )
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


class Server:
    """``packshot serve`` in a process of its own."""

    def __init__(self, state: Path, *arguments: str) -> None:
        command = [
            sys.executable,
            "-m",
            "packshot",
            "serve",
            "--state",
            str(state),
            "--port",
            "0",
            "--json",
            *arguments,
        ]
        if "--studio" not in arguments:
            command.append("--no-studio")
        # A group of its own, so that nothing of it outlives the test.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.url = _announced(self.process)["url"].rstrip("/")

    def kill(self) -> None:
        """As the kernel does it when memory runs out: the server alone, without a word."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to end and wait."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        finally:
            self.clear()

    def clear(self) -> None:
        """Whatever is left of it goes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def _announced(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        try:
            return dict(json.loads(text))
        except ValueError:
            continue
    raise AssertionError(f"the server said {text!r} and ended with {process.wait()}")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    """Starts servers on one state folder."""
    started: list[Server] = []

    def start(*arguments: str, state: Path = tmp_path / "state") -> Server:
        started.append(Server(state, *arguments))
        return started[-1]

    yield start
    for server in started:
        server.clear()


def wait_for(url: str, id: str, states: tuple[str, ...] = ("done", "failed", "cancelled"), seconds: float = 120) -> Any:
    """The job, once it is in one of the states."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            job = httpx.get(f"{url}/api/jobs/{id}", timeout=30).json()
        except httpx.TransportError:
            job = None
        if job and job["status"]["state"] in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job is not {states} after {seconds} s: {job}")
