"""Whatever the OpenAPI document allows, and whatever it does not, the server does not fail (schemathesis)."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("schemathesis", reason="pip install schemathesis")

_EXAMPLES = 8


def test_no_request_makes_the_server_fail(serve: Any, tmp_path: Path) -> None:
    server = serve("--workers", "0")
    end = time.monotonic() + 60
    while httpx.get(f"{server.url}/readyz").status_code != 200 and time.monotonic() < end:
        time.sleep(0.2)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"),
        *("--checks", "not_a_server_error", "--mode", "all", "--phases", "examples,fuzzing"),
        # A stream of events lasts as long as its job.
        *("--exclude-path-regex", "/events$", "--max-examples", str(_EXAMPLES), "--seed", "1"),
        *("--generation-database", "none", "--no-color", "--request-timeout", "240"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-6000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated, done.stdout[-2000:]
    assert int(generated[1]) > 100
    assert "packshot_requests_total" in httpx.get(f"{server.url}/metrics").text
