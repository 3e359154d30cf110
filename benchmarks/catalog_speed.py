"""How fast a catalog's stages are, and the search for near duplicates, beside imagededup and cleanvision.

    python benchmarks/catalog_speed.py FOLDER [--images 500] [--search] [--peers VENV]

FOLDER holds pictures. Every stage runs over the same pictures in one thread, timed by that core's time, which other
work on the machine hardly changes. --search times the search of 10,000, 100,000 and 1,000,000 hashes, random ones and
clusters of 100, each in a process of its own for its peak of memory. --peers makes an environment (torch, torchvision,
imagededup, cleanvision) at VENV unless it is there, and measures these two on the same pictures. imagededup's network
runs with weights drawn at random where its own cannot be downloaded: that changes what it finds, not how long it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGES = ("torch", "torchvision", "imagededup", "cleanvision")
_HERE = Path(__file__).parent


def stages(files: list[Path]) -> dict[str, float]:
    """Stage → pictures a second."""
    from packshot.catalog.damage import jpeg_damage
    from packshot.catalog.hashing import perceptual_hash
    from packshot.catalog.inspection import Job, features, inspect
    from packshot.catalog.looks import looks
    from packshot.catalog.quality import judge
    from packshot.catalog.records import Candidate, Record
    from packshot.cutout import cut_out
    from packshot.images.decode import decode
    from packshot.images.encode import encode

    data = [file.read_bytes() for file in files]

    def pixels(content: bytes) -> Any:
        return decode(content, least_side=1024).on_white()

    pictures = [pixels(content) for content in data]
    features(pictures[0])
    cut_out(pictures[0])

    def job(number: int, file: Path) -> Job:
        fields = {"sku": str(number), "title": "red cotton dress", "category": "dress"}
        record = Record(fields=fields, table="", row=number, images=())
        candidate = Candidate(record=record, number=0, source="", reference=file.name, path=str(file))
        return Job(number, candidate, False, None, 1024, 384)

    def hashed(content: bytes) -> str:
        return perceptual_hash(pixels(content))

    def hashed_and_seen(content: bytes) -> object:
        rgb = pixels(content)
        return perceptual_hash(rgb), features(rgb)

    def checked(content: bytes) -> object:
        rgb = pixels(content)
        return jpeg_damage(content), judge(rgb), perceptual_hash(rgb)

    work: dict[str, tuple[Callable[[Any], Any], Iterable[Any]]] = {
        "decode": (pixels, data),
        "damage": (jpeg_damage, data),
        "checks": (judge, pictures),
        "hash": (perceptual_hash, pictures),
        "looks": (looks, pictures),
        "features": (features, pictures),
        "store (JPEG 95)": (lambda rgb: encode(rgb, "jpeg", quality=95), pictures),
        "cut-out": (cut_out, pictures[:60]),
        "file to hash": (hashed, data),
        "file to hash and features": (hashed_and_seen, data),
        "file to checks": (checked, data),
        "file to row": (inspect, [job(n, f) for n, f in enumerate(files)]),
    }
    inspect(job(0, files[0]))
    return {name: rate(function, list(items)) for name, (function, items) in work.items()}


def rate(function: Callable[[Any], Any], items: list[Any]) -> float:
    """Items a second of one core's time, which other work on the machine hardly changes."""
    started = time.process_time()
    for item in items:
        function(item)
    return len(items) / (time.process_time() - started)


def search(count: int, kind: str) -> dict[str, float]:
    """Seconds and peak memory (MiB) of one search on all cores, as a build makes it."""
    from packshot.catalog.proposals import near_hashes

    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (count, 8), dtype=np.uint8)
    if kind == "clustered":
        hashes = np.repeat(hashes[: count // 100], 100, axis=0)
        for start in range(0, count, 50_000):
            block = hashes[start : start + 50_000]
            block ^= np.packbits(rng.random((len(block), 64)) < rng.uniform(0, 0.1, (len(block), 1)), axis=1)
    started = time.perf_counter()
    pairs = near_hashes(hashes)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu seconds": round(time.process_time(), 1),
        "pairs": len(pairs),
        "peak MiB": peak(),
    }


def peak() -> int:
    """The most memory (MiB) that this process has held; getrusage counts what its parent held when it forked, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) >> 10


def peers(venv: Path, files: list[Path]) -> dict[str, Any]:
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *_PACKAGES], check=True)
    done = subprocess.run(
        [str(python), str(_HERE / "catalog_peers.py"), *map(str, files)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"not measured": done.stderr.strip().splitlines()[-1:]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--peers", type=Path, metavar="VENV")
    parser.add_argument("--one-search", nargs=2, metavar=("COUNT", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_search:
        print(json.dumps(search(int(options.one_search[0]), options.one_search[1])))
        return
    everything = sorted(p for p in options.folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    files = everything[:: max(1, len(everything) // options.images)][: options.images]
    print(f"{len(files)} pictures a second of one core; load {os.getloadavg()[0]:.1f}")
    for name, speed in stages(files).items():
        print(f"  {name:<28} {speed:>8.0f} pictures/s")
    if options.peers:
        for name, speed in peers(options.peers, files).items():
            print(f"  {name:<28} {speed if isinstance(speed, list) else f'{speed:>8.0f} pictures/s'}")
    if options.search:
        for kind in ("random", "clustered"):
            for count in (10_000, 100_000, 1_000_000):
                command = [sys.executable, __file__, str(options.folder), "--one-search", str(count), kind]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                print(f"  {count:>9,} {kind:<10} {done.stdout.strip()}")


if __name__ == "__main__":
    main()
