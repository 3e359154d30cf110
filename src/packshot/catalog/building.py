"""Building a catalog: inspect every candidate, decide on all of them, write what is kept."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from packshot import __version__
from packshot.catalog.card import card
from packshot.catalog.decisions import Decisions, decide
from packshot.catalog.duplicates import Pair, near_duplicates
from packshot.catalog.hashing import bits
from packshot.catalog.inspection import Job, inspect, not_inspected
from packshot.catalog.licence import joint_licence, licence_of
from packshot.catalog.looks import SIDE
from packshot.catalog.needs import require
from packshot.catalog.options import Options
from packshot.catalog.parts import PART_ROWS, Parts
from packshot.catalog.records import Candidate
from packshot.catalog.report import write_report
from packshot.catalog.shards import write_shards
from packshot.catalog.sources import Reader
from packshot.engines import LocalEngine, open_engine
from packshot.errors import PackshotError
from packshot.features.lite0 import Lite0
from packshot.files import write_atomic
from packshot.progress import ticker

if TYPE_CHECKING:
    from packshot.catalog.fetch import Fetcher

WORK = ".work"
# Pictures fetched at the same time.
_CONNECTIONS = 8
INFO = "catalog.json"
SCHEMA_VERSION = 1
_DECIDING = ("reason", "measured", "product", "sha256", "sku", "size", "phash", "title", "category")
_CONTENTS = ("data", "rejected.parquet", "README.md", "report.html", INFO)


def build_catalog(sources: Sequence[Path], out: Path, options: Options) -> dict[str, Any]:
    """Build the catalog ``out``; see ``packshot.catalog.build``."""
    work = out / WORK
    _check_free(out, options)
    reader = Reader(sources, options, out)
    identity = {
        "packshot": __version__,
        "schema": SCHEMA_VERSION,
        "sources": reader.fingerprint(),
        "options": options.settings(),
    }
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PackshotError(f"cannot write: {error.strerror or error}", out) from None
    if not (work / "final" / INFO).is_file():
        parts = Parts(work, identity, overwrite=options.overwrite)
        _inspect_all(reader, parts, options)
        info = _finish(reader, parts, options, out)
        write_atomic(work / "final" / INFO, (json.dumps(info, ensure_ascii=False, indent=2) + "\n").encode())
    if not (work / "final" / "report.html").is_file():
        write_report(work / "final")
    _move_into_place(out)
    info = json.loads((out / INFO).read_text(encoding="utf-8"))
    counts: dict[str, Any] = info["counts"]
    return counts


def _check_free(out: Path, options: Options) -> None:
    if out.exists() and not out.is_dir():
        raise PackshotError("a file is in the way", out, "Choose another output.")
    if (out / WORK).exists() or not out.exists() or not any(out.iterdir()):
        return
    if not (out / INFO).is_file():
        raise PackshotError("folder exists and is not a catalog", out, "Choose another output.")
    if not options.overwrite:
        raise PackshotError("catalog exists already", out, "Choose another output or give --overwrite.")


def _inspect_all(reader: Reader, parts: Parts, options: Options) -> None:
    """Stage a: everything that can be said of each candidate alone, continued after the last whole part."""
    done = parts.done
    require("httpx", "jinja2", "phonenumbers")
    from packshot.catalog.fetch import Fetcher

    fetcher = Fetcher(parts.folder / "downloads", allow_private=options.allow_private)
    jobs = _jobs(reader, fetcher, options, done)
    results = open_engine(options.engine, options.workers).map(inspect, jobs, not_inspected)
    with closing(fetcher), closing(jobs), ticker("pictures", done=done) as shown:
        while rows := list(islice(_shown(results, shown), PART_ROWS)):
            parts.write(rows)
    if parts.done == 0:
        parts.remove()
        raise PackshotError("no records", reader.sources[0].folder)


def _shown(results: Iterator[dict[str, Any]], shown: Any) -> Iterator[dict[str, Any]]:
    for row in results:
        shown.advance()
        yield row


def _jobs(reader: Reader, fetcher: Fetcher, options: Options, done: int) -> Generator[Job]:
    def with_picture(candidate: Candidate) -> Candidate:
        if not candidate.address or candidate.record.junk:
            return candidate
        fetched = fetcher.fetch(candidate.address)
        path = str(fetched.path) if fetched.path else None
        return replace(candidate, path=path, problem=fetched.problem, detail=fetched.detail)

    # All candidates are read even when continuing, for the count of files that no record names.
    rest = (c for number, c in enumerate(reader.candidates()) if number >= done)
    fetched = LocalEngine(_CONNECTIONS, "threads").map(with_picture, rest)
    for number, candidate in enumerate(fetched, done):
        yield Job(number, candidate, options.cut_out, options.gate, options.max_side, options.cut_out_side)


def _finish(reader: Reader, parts: Parts, options: Options, out: Path) -> dict[str, Any]:
    """Stages b and c: decide, and write all files of the catalog into the working folder."""
    final = parts.folder / "final"
    shutil.rmtree(final, ignore_errors=True)
    columns = parts.columns(_DECIDING).to_pydict()
    pairs = _near_duplicates(parts, columns, options)
    decisions = decide(columns, pairs, options.test_share)
    if all(decisions.reason):
        counted = Counter(decisions.reason).most_common(3)
        reasons = ", ".join(f"{reason} {n}" for reason, n in counted)
        # The next try will be another command: nothing of this one may be in its way.
        parts.remove()
        raise PackshotError(
            f"none of {len(decisions.reason)} candidates can be kept: {reasons}",
            reader.sources[0].folder,
            "If pictures were not found, name their folder with --images.",
        )
    fingerprint = write_shards(parts, decisions, columns["size"], final)
    info = _info(reader, parts, options, decisions, fingerprint, out.resolve().name)
    licence = info["licence"]
    write_atomic(final / "README.md", card(info["name"], licence, info).encode())
    return info


def _near_duplicates(parts: Parts, columns: dict[str, list[Any]], options: Options) -> list[Pair]:
    """Near duplicates among the candidates that are usable by themselves, the identical ones only once."""
    first: dict[str, int] = {}
    for item, (digest, reason) in enumerate(zip(columns["sha256"], columns["reason"], strict=True)):
        if not reason:
            first.setdefault(digest, item)
    chosen = np.array(sorted(first.values()), np.int64)
    looks = parts.array("looks", 2 * SIDE * SIDE, np.uint8)[chosen].reshape(-1, 2, SIDE, SIDE)
    features = parts.array("features", Lite0.dim, np.float16)[chosen]
    hashes = bits([columns["phash"][i] for i in chosen])
    engine = open_engine(options.engine, options.workers, "threads")
    found = near_duplicates(looks, features, hashes, engine, mirrored=options.mirrored)
    return [Pair(int(chosen[p.first]), int(chosen[p.second]), p.agreement) for p in found]


def _info(
    reader: Reader, parts: Parts, options: Options, decisions: Decisions, fingerprint: str, name: str
) -> dict[str, Any]:
    sources = [{"name": s.name, "licence": licence_of(s.folder)} for s in reader.sources]
    kept = [not reason for reason in decisions.reason]
    small = parts.columns(("language", "category", "composed", "flags", "redactions"))
    redactions: Counter[str] = Counter()
    for found, keep in zip(small["redactions"].to_pylist(), kept, strict=True):
        redactions.update(json.loads(found) if keep else {})
    languages = _count(small["language"].to_pylist(), kept)
    test = sum(k and t for k, t in zip(kept, decisions.test, strict=True))
    return {
        "schema": SCHEMA_VERSION,
        "packshot": __version__,
        "name": name,
        "fingerprint": fingerprint,
        "licence": joint_licence([s["licence"] for s in sources]),
        "sources": sources,
        "counts": {
            "records": reader.tally.records,
            "candidates": len(kept),
            "kept": sum(kept),
            "rejected": len(kept) - sum(kept),
            "train": sum(kept) - test,
            "test": test,
            "groups": len({g for g, k in zip(decisions.group, kept, strict=True) if k}),
            "composed": sum(c and k for c, k in zip(small["composed"].to_pylist(), kept, strict=True)),
            "files_without_record": reader.pictures.unused,
            "redactions": dict(redactions.most_common()),
            "rejected_by_reason": dict(Counter(filter(None, decisions.reason)).most_common()),
            "flags": _count((f for flags, k in zip(small["flags"].to_pylist(), kept, strict=True) if k for f in flags)),
        },
        "languages": languages,
        "categories": _count(small["category"].to_pylist(), kept),
        "cut_out": _yields(small, kept) if options.cut_out else None,
        "columns": reader.tally.tables,
        "unused_tables": reader.tally.unused,
        "settings": options.settings(),
    }


def _count(values: Any, kept: list[bool] | None = None) -> dict[str, int]:
    chosen = values if kept is None else (v for v, k in zip(values, kept, strict=True) if k)
    return dict(Counter(chosen).most_common())


def _yields(small: Any, kept: list[bool]) -> dict[str, list[int]]:
    """Category → how many kept pictures are cut out, and of how many."""
    done: dict[str, list[int]] = {}
    for category, flags, keep in zip(small["category"].to_pylist(), small["flags"].to_pylist(), kept, strict=True):
        if keep:
            entry = done.setdefault(category, [0, 0])
            entry[0] += "cut-out" in flags
            entry[1] += 1
    return dict(sorted(done.items(), key=lambda item: -item[1][1]))


def _move_into_place(out: Path) -> None:
    """Replace the catalog's files by the finished ones; after a kill, the next run goes on with the rest."""
    final = out / WORK / "final"
    shutil.rmtree(out / ".cache", ignore_errors=True)
    for name in _CONTENTS:
        new = final / name
        if not new.exists():
            continue
        old = out / name
        if old.is_dir():
            shutil.rmtree(old)
        new.replace(old)
    shutil.rmtree(out / WORK, ignore_errors=True)
