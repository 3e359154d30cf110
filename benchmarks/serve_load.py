"""A server under load, on this machine's loopback only: many clients at once, more than it can take, and recovery.

    python benchmarks/serve_load.py [--seconds 60] [--clients 16]

Prints one JSON document: a single client, then many, then an overload of a server with a short queue, and whether it
answers again at once afterwards. Every client asks for another description each time, so nothing is answered twice.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np

COLORS = ("red", "blue", "green", "black", "white", "grey", "yellow", "purple", "brown", "pink", "beige", "orange")
KINDS = ("dress", "shirt", "T-shirt", "trousers", "shoes", "hat", "skirt", "hoodie", "shorts", "polo shirt")
EXTRAS = ("", "striped ", "cotton ", "linen ", "printed ", "wool ")
FOR = ("", " for women", " for men", " for kids")
TEXTS = [f"{e}{c} {k}{f}" for e, c, k, f in itertools.product(EXTRAS, COLORS, KINDS, FOR)]


@contextmanager
def server(*arguments: str) -> Iterator[str]:
    """A server of its own, and its address."""
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "packshot", "serve", "--state", state, "--port", "0", "--no-studio"]
        process = subprocess.Popen(
            [*command, "--workers", "0", "--json", *arguments], stdout=subprocess.PIPE, text=True
        )
        try:
            text = ""
            for line in process.stdout or ():
                text += line
                if line.startswith("}"):
                    break
            url = json.loads(text)["url"].rstrip("/")
            while httpx.get(f"{url}/readyz").status_code != 200:
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.wait()


def load(url: str, clients: int, seconds: float, n: int = 1) -> dict[str, Any]:
    """So many clients, each asking as soon as it is answered."""
    answers: Counter[int] = Counter()
    times: list[float] = []
    texts, lock = itertools.cycle(TEXTS), threading.Lock()
    # Without certificates, whose loading would take longer than a request.
    made = [httpx.Client(timeout=120, verify=False) for _ in range(clients)]
    end = time.monotonic() + seconds

    def client(http: httpx.Client) -> None:
        with http:
            while time.monotonic() < end:
                with lock:
                    text = next(texts)
                started = time.perf_counter()
                answer = http.post(
                    f"{url}/v1/images/generations", json={"prompt": text, "n": n, "response_format": "b64_json"}
                )
                with lock:
                    answers[answer.status_code] += 1
                    if answer.status_code == 200:
                        times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=client, args=(http,)) for http in made]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    total = sum(answers.values())
    return {
        "clients": clients,
        "seconds": round(took, 1),
        "requests": total,
        "answered_200": round(answers[200] / max(1, total), 4),
        "answers": {str(k): v for k, v in sorted(answers.items())},
        "images_per_second": round(n * answers[200] / took, 1),
        "p50_ms": round(1000 * float(np.percentile(times, 50)), 1) if times else None,
        "p99_ms": round(1000 * float(np.percentile(times, 99)), 1) if times else None,
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    asked = parser.parse_args()
    result: dict[str, Any] = {}
    with server() as url:
        result["single"] = load(url, 1, asked.seconds / 3)
        result["many"] = load(url, asked.clients, asked.seconds)
    with server("--queue", "8") as url:
        result["overload"] = load(url, 4 * asked.clients, asked.seconds / 3, n=4)
        result["after_overload"] = load(url, 1, 3)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
