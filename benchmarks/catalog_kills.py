"""A build killed at random moments and given again each time, against an undisturbed one: the same rows?

    python benchmarks/catalog_kills.py SOURCE [--kills 10] [--engine ray] [--seed N]

Every kill is a SIGKILL to the whole process group, at a moment drawn over the length of the undisturbed build. With
--engine ray, the build that is compared runs through Ray Data instead, once and undisturbed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_SHARDS = ("data/*.parquet", "rejected.parquet")


def command(source: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "packshot.cli", "catalog", "build", str(source), "-o", str(out), "--json", *more]


def run(arguments: list[str], seconds: float | None = None) -> bool:
    """Run to the end, or kill it after some seconds; whether it came to its end."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    if status:
        raise SystemExit(f"the build failed with status {status}")
    return True


def digests(catalog: Path) -> dict[str, str]:
    files = sorted(path for pattern in _SHARDS for path in catalog.glob(pattern))
    return {str(p.relative_to(catalog)): hashlib.sha256(p.read_bytes()).hexdigest()[:16] for p in files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    workers = ("--workers", options.workers)
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary, "whole")
        started = time.monotonic()
        run(command(options.source, whole, *workers))
        seconds = time.monotonic() - started
        wanted = digests(whole)
        print(f"undisturbed: {seconds:.0f} s, {len(wanted)} files")
        if options.engine == "ray":
            run(command(options.source, Path(temporary, "ray"), "--engine", "ray", *workers))
            print(f"ray gives the same files: {digests(Path(temporary, 'ray')) == wanted}")
            return
        kills = builds = same = 0
        while kills < options.kills:
            # Killed, and killed again on its way, until it gets through.
            out = Path(temporary, f"killed{builds}")
            while kills < options.kills and not run(command(options.source, out, *workers), rng.uniform(1, seconds)):
                kills += 1
            if not (out / "catalog.json").is_file():
                run(command(options.source, out, *workers))
            builds, same = builds + 1, same + (digests(out) == wanted)
            print(f"{kills} kills so far; the build ended with the same files: {digests(out) == wanted}")
        print(f"{kills} kills over {builds} builds, {same} of which ended with the same files")


if __name__ == "__main__":
    main()
