"""Throughput and memory of `finish` over many files, one in a hundred of them broken.

    python benchmarks/finishing_batch.py FOLDER [COUNT] [PRESET]

Takes the photos of a folder again and again until there are COUNT, finishes them on all cores into a temporary folder,
then finishes the results once more, which should copy them.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from packshot.finishing import preset
from packshot.finishing.batch import finish_files


def main(folder: Path, count: int, name: str) -> None:
    chosen = preset.load(name)
    photos = sorted(p for p in folder.iterdir() if p.suffix == ".jpg")
    with tempfile.TemporaryDirectory() as work:
        source = Path(work, "source")
        source.mkdir()
        for i in range(count):
            data = photos[i % len(photos)].read_bytes()
            Path(source, f"{i:06}.jpg").write_bytes(data[: len(data) // 3] if i % 100 == 50 else data)
        for label, inside in (("first time", source), ("again", Path(work, "out"))):
            files = sorted(inside.iterdir())
            started = time.monotonic()
            target = Path(work, "out" if label == "first time" else "again")
            outcomes = list(finish_files(files, chosen, target))
            seconds = time.monotonic() - started
            failed = sum(bool(o.error) for o in outcomes)
            copied = sum("finished before" in " ".join(o.notes) for o in outcomes)
            print(
                f"{label}: {len(files)} files in {seconds:.1f} s, {len(files) / seconds:.1f} a second; "
                f"{failed} failed, {copied} kept as they were"
            )
        same = all(Path(work, "again", p.name).read_bytes() == p.read_bytes() for p in Path(work, "out").iterdir())
        print(f"finished twice is finished once: {same}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory: {peak:.0f} MB in the largest worker, {own:.0f} MB in the parent")


if __name__ == "__main__":
    arguments = sys.argv[2:]
    main(
        Path(sys.argv[1]),
        int(arguments[0]) if arguments else 400,
        arguments[1] if len(arguments) > 1 else "taobao",
    )
