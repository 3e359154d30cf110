"""``packshot finish`` over a large folder, killed at random moments, with broken files among the pictures.

    python benchmarks/finishing_kills.py FOLDER [--count 3000] [--kills 5] [--preset taobao] [--size 200x200] [--seed 1]

Takes the pictures of a folder again and again until there are COUNT. Prints one JSON document: what was there at each
kill, whether a later run changed any of it, what the last run made, reported and left, and the peak memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def planted(photos: list[Path], count: int, folder: Path) -> int:
    """Copies of pictures, and five files that are none; returns how many those are."""
    folder.mkdir()
    for i in range(count):
        photo = photos[i % len(photos)]
        (folder / f"{i:06}{photo.suffix}").write_bytes(photo.read_bytes())
    whole = photos[0].read_bytes()
    broken = {
        "cut.jpg": whole[: len(whole) // 3],
        "text.jpg": b"no picture\n",
        "empty.jpg": b"",
        "head.png": b"\x88" + whole[1:],
        "tail.png": b"\x89PNG\r\n\x1a\n" + whole[8:],
    }
    for name, data in broken.items():
        (folder / name).write_bytes(data)
    return len(broken)


def tree(folder: Path) -> dict[str, tuple[str, int]]:
    """Every finished file with the digest of its bytes and when it was written."""
    files = (p for p in sorted(folder.glob("[!.]*")) if p.is_file())
    return {p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--preset", default="taobao")
    parser.add_argument("--size", default=None)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    photos = sorted(p for p in asked.folder.iterdir() if p.suffix in (".jpg", ".png"))
    with tempfile.TemporaryDirectory() as work:
        source, out = Path(work, "source"), Path(work, "out")
        bad = planted(photos, asked.count, source)
        command = [sys.executable, "-m", "packshot", "finish", str(source), "--preset", asked.preset, "-o", str(out)]
        command += ["--json", *(["--size", asked.size] if asked.size else [])]
        dice, killed, spoilt = random.Random(asked.seed), [], 0
        before: dict[str, tuple[str, int]] = {}
        for n in range(asked.kills):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Anywhere between the last kill and the end.
            at = dice.uniform(len(before), len(before) + 1.5 * (asked.count - len(before)) / (asked.kills - n))
            while process.poll() is None and (not out.exists() or len(list(out.iterdir())) < at):
                time.sleep(0.2)
            process.send_signal(signal.SIGKILL)
            process.wait()
            time.sleep(2)
            now = tree(out)
            spoilt += sum(now.get(name) != was for name, was in before.items())
            before = now
            killed.append(len(now))
        started = time.perf_counter()
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        took = time.perf_counter() - started
        made: dict[str, Any] = json.loads(done.stdout)
        after = tree(out)
        spoilt += sum(after.get(name) != was for name, was in before.items())
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        result = {
            "files": asked.count + bad,
            "killed with": killed,
            "changed after a kill": spoilt,
            "finished": made["finished"],
            "kept from before": sum(not f["written"] for f in made["files"] if not f["error"]),
            "reported": {Path(f["source"]).name: f["error"] for f in made["files"] if f["error"]},
            "missing": asked.count - len(after),
            "last run, seconds": round(took, 1),
            "largest process, MB": round(peak),
        }
        print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
