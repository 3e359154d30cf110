"""``packshot fill`` over a large table, killed at random moments, against an undisturbed run.

    python benchmarks/fill_kills.py TABLE [--kills 10] [--preset taobao] [--seed 1]

Prints one JSON document: how long the undisturbed run took, what it made, when the other was killed, and whether the
two results are the same to the byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def tree(folder: Path) -> dict[str, str]:
    """Every file with the digest of its bytes."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--preset", default="taobao")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=None)
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    extra = [] if asked.workers is None else ["--workers", str(asked.workers)]

    def command(name: str) -> list[str]:
        packshot = [sys.executable, "-m", "packshot", "fill", str(asked.table), "-o", str(work / name)]
        return [*packshot, "--preset", asked.preset, "--json", *extra]

    started = time.perf_counter()
    done = subprocess.run(command("undisturbed"), check=True, stdout=subprocess.PIPE, text=True)
    took = time.perf_counter() - started
    made: dict[str, Any] = json.loads(done.stdout)
    dice, killed = random.Random(asked.seed), []
    for _ in range(asked.kills):
        process = subprocess.Popen(command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            # Anywhere from the first moments on, over enough of the run for all kills to hit it.
            process.wait(dice.uniform(0.5, 1.6 * took / asked.kills + 4))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            journal = work / "killed" / ".fill.jsonl"
            killed.append(max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0)
    started = time.perf_counter()
    subprocess.run(command("killed"), check=True, stdout=subprocess.DEVNULL)
    one, other = tree(work / "undisturbed"), tree(work / "killed")
    print(
        json.dumps(
            {
                "skus": made["skus"],
                "made": made["made"],
                "seconds": round(took, 1),
                "skus_per_second": round(made["made"] / took, 2),
                "killed_after_skus": killed,
                "last_run_seconds": round(time.perf_counter() - started, 1),
                "files": len(one),
                "identical": one == other,
            },
            indent=2,
        )
    )
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
