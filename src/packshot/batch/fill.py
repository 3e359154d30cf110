"""``packshot fill``: what is to be made is planned, made by an engine, written, recorded, and told in a manifest."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from packshot.artifact import ModelFolder, sha256
from packshot.batch.choosing import FILE as PROBES
from packshot.batch.choosing import has_probes
from packshot.batch.drawing import Drawn, Job, Task, died, draw
from packshot.batch.entries import Entry
from packshot.batch.journal import Journal, open_journal
from packshot.batch.manifest import write_manifest
from packshot.batch.names import folder_names
from packshot.batch.products import Look, Product, read_products
from packshot.batch.serving import Prompt, Refusal, Wording, prompt_for
from packshot.batch.sheet import write_sheet
from packshot.catalog import Options as TableOptions
from packshot.engines import LocalEngine, open_engine
from packshot.errors import PackshotError
from packshot.features.index import NeighbourIndex
from packshot.files import write_new
from packshot.finishing.preset import load
from packshot.generation.models import open_model
from packshot.text.attributes import load_vocabulary
from packshot.text.refused import RefusedTerms

# Starting processes takes longer than making images for this many products.
_FEW = 6
_CANDIDATES = 4

Watch = Callable[[int, int, str], None]
"""Told after every product: how many are done, of how many, and the SKU. What it raises stops the run."""


@dataclass(frozen=True)
class Options:
    """How a table is filled.

    Attributes:
        model: the model folder; None is the default model.
        n: images for each product.
        candidates: drawn for each image, of which the best is kept; None is 4 if the model brings what it takes to
            tell, else 1.
        everything: also for products that have an image.
        preset: market preset, or a TOML file; empty leaves images as the model drew them.
        mark, upscale: see ``finishing.Options``.
        no_copies: leave out near-copies of training pictures.
        seed: all seeds come from it and the product.
        wording: see ``prompt_for``.
        refused: descriptions with one of these terms are refused.
        nsfw_filter: refuse pictures that are not safe for work.
        confined: take no picture for a product's image that lies outside the folders of the tables.
        redo: SKUs to make anew, from other seeds, though they are done.
        engine, workers: see ``open_engine``; they change neither files nor bytes.
        overwrite: begin anew in a folder that was filled with other settings.
        table: how the table is read.
    """

    model: Path | None = None
    n: int = 1
    candidates: int | None = None
    everything: bool = False
    preset: str = ""
    mark: bool | None = None
    upscale: bool = False
    no_copies: bool = False
    seed: int = 0
    wording: Wording = "auto"
    refused: RefusedTerms = field(default_factory=RefusedTerms)
    nsfw_filter: bool = False
    confined: bool = False
    redo: tuple[str, ...] = ()
    engine: str = "local"
    workers: int | None = None
    overwrite: bool = False
    table: TableOptions = field(default_factory=TableOptions)


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Attributes:
        entries: every SKU of the table, in its order.
        drawn: SKUs that were made in this very run.
        seconds: it took.
    """

    out: Path
    entries: tuple[Entry, ...]
    drawn: int
    seconds: float

    def count(self, status: str) -> int:
        """How many SKUs ended so."""
        return sum(entry.status == status for entry in self.entries)


def fill(sources: Sequence[Path], out: Path, options: Options | None = None, watch: Watch | None = None) -> Summary:
    """Make images for the products of tables, and go on where a run of the same settings stopped.

    Writes ``OUT/<sku>/<sku>-1.jpg`` and so on, ``manifest.parquet``, ``manifest.csv`` and ``contact-sheet.html``.
    Work runs in processes, so a script calls this under ``if __name__ == "__main__":``.

    Args:
        sources: product tables or folders of them.

    Raises:
        PackshotError: a table, the model or the preset cannot be used, or ``out`` holds something else.
    """
    options = options or Options()
    started = time.monotonic()
    model = open_model(options.model)
    vocabulary = load_vocabulary().with_kinds(model.config.categories)
    job = _job(options, model)
    settings = _settings(options, job, model)
    look = Look(not options.everything, options.confined)
    products = read_products(sources, options.table, out, vocabulary, look)
    with open_journal(out, settings, overwrite=options.overwrite) as journal:
        _redo(options.redo, products, journal)
        entries, tasks = [], {}
        folders = folder_names(p.sku for p in products)
        for product in products:
            entry = _entry(product, prompt_for(product.description, model.config, vocabulary, options.wording), options)
            if entry.status == "todo":
                task = _task(entry, folders[product.sku], journal)
                if not _done(journal, task):
                    tasks[product.sku] = task
            entries.append(entry)
        failures = _run(tasks, job, options, journal, watch)
        ended = tuple(_ended(entry, journal, failures) for entry in entries)
        write_manifest(out, model.config.name, ended)
        write_sheet(out, model.config.name, options.preset, ended)
        journal.settle()
    return Summary(out, ended, len(tasks) - len(failures), time.monotonic() - started)


def _job(options: Options, model: ModelFolder) -> Job:
    candidates = options.candidates or (_CANDIDATES if has_probes(model) else 1)
    if candidates > 1 and not has_probes(model):
        raise PackshotError("the model has no probes to choose the best with", model.path, "Run packshot evaluate.")
    if options.no_copies:
        NeighbourIndex.load(model.path)
    return Job(
        None if options.model is None else model.path.resolve(),
        options.n,
        candidates,
        options.no_copies,
        options.preset,
        options.mark,
        options.upscale,
        options.nsfw_filter,
        options.seed,
    )


def _settings(options: Options, job: Job, model: ModelFolder) -> dict[str, Any]:
    """What decides the bytes of an image beside its product."""
    preset = load(options.preset) if options.preset else None
    return {
        "model": f"{model.config.name} {model.identity}",
        "n": job.n,
        "candidates": job.candidates,
        "chosen_by": sha256(model.path / PROBES)[:10] if job.candidates > 1 else "",
        "no_copies": job.no_copies,
        "preset": f"{preset.name} {preset.identity}" if preset else "",
        "mark": job.mark,
        "upscale": job.upscale,
        "nsfw_filter": job.nsfw_filter,
        "seed": job.seed,
        "wording": options.wording,
    }


def _redo(wanted: Sequence[str], products: Sequence[Product], journal: Journal) -> None:
    known = {p.sku for p in products}
    for sku in dict.fromkeys(wanted):
        if sku not in known:
            raise PackshotError(f"no product {sku!r} in the table", "--redo", usage=True)
        # A run that was killed while it made them anew goes on with that round, also with those it had done.
        if sku not in journal.asked and journal.made.get(sku, {}).get("round") == journal.rounds.get(sku, 0):
            journal.redo(sku)


def _entry(product: Product, prompt: Prompt | Refusal, options: Options) -> Entry:
    if product.junk:
        return Entry(product, "left out", product.junk)
    if product.image and not options.everything:
        return Entry(product, "has image", product.image)
    said = product.description
    term = options.refused.find(f"{said.title}\n{said.description}\n{said.text}\n{said.zh}\n{said.en}")
    if term:
        return Entry(product, "refused", f"it contains the refused term {term!r}", said.text)
    if isinstance(prompt, Refusal):
        return Entry(product, "refused", prompt.reason, product.description.text, product.description.attributes)
    return Entry(product, "todo", prompt.note, prompt.text, prompt.attributes)


def _task(entry: Entry, folder: str, journal: Journal) -> Task:
    product = entry.product
    attributes = {facet: tuple(terms) for facet, terms in entry.attributes.items()}
    # A SKU that was made before keeps its folder, whatever came into the table since.
    folder = journal.made[product.sku]["folder"] if product.sku in journal.made else folder
    rounds = journal.rounds.get(product.sku, 0)
    return Task(
        product.sku, product.family, folder, entry.text, attributes, product.description.title, product.price, rounds
    )


def _digest(task: Task) -> str:
    asked = [task.family, task.text, dict(task.attributes), task.title, task.price, task.round]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _done(journal: Journal, task: Task) -> bool:
    """Whether it is made, from these very words, and its images are there."""
    record = journal.made.get(task.sku)
    return record is not None and record["digest"] == _digest(task) and journal.whole(record)


def _run(
    tasks: Mapping[str, Task], job: Job, options: Options, journal: Journal, watch: Watch | None
) -> dict[str, str]:
    """Make what is to be made, in the order of the table; SKU → why it failed."""
    failures: dict[str, str] = {}
    few = len(tasks) <= _FEW and options.engine == "local"
    engine = LocalEngine(0) if few else open_engine(options.engine, options.workers)
    results = engine.map(partial(draw, job=job), tasks.values(), died)
    for number, drawn in enumerate(results, 1):
        error = drawn.error or _write(tasks[drawn.sku], drawn, journal, overwrite=options.overwrite)
        if error:
            failures[drawn.sku] = error
        if watch:
            watch(number, len(tasks), drawn.sku)
    return failures


def _write(task: Task, drawn: Drawn, journal: Journal, *, overwrite: bool) -> str:
    """Write a product's images and then its record; returns why it could not, or nothing."""
    before = journal.made.get(task.sku, {"files": []})
    digests = {image.file: hashlib.sha256(image.data).hexdigest() for image in drawn.images}
    own = {f["file"]: f["sha256"] for f in before["files"]}
    for file, digest in digests.items():
        # All images or none: the others of a product are not taken away over one that cannot be written.
        path = journal.folder / file
        if path.exists() and not overwrite and not journal.untouched(file, digest, own.get(file, "")):
            hint = "Move it away to have a new one made, or give --overwrite."
            return str(PackshotError("file exists already, put there or changed by others", path, hint))
    try:
        journal.discard(before)
        for image in drawn.images:
            path = journal.folder / image.file
            # What a kill left half written goes; its name is that of write_atomic.
            for partial_file in path.parent.glob(f".{path.name[:40]}.*"):
                partial_file.unlink()
            write_new(path, image.data, overwrite=overwrite)
    except PackshotError as error:
        return str(error)
    files = [
        {
            "file": image.file,
            "sha256": digests[image.file],
            "seed": image.seed,
            "scores": dict(image.scores),
            "labels": dict(image.labels),
            "notes": list(image.notes),
        }
        for image in drawn.images
    ]
    journal.add({"sku": task.sku, "folder": task.folder, "digest": _digest(task), "round": task.round, "files": files})
    return ""


def _ended(entry: Entry, journal: Journal, failures: Mapping[str, str]) -> Entry:
    if entry.status != "todo":
        return entry
    sku = entry.product.sku
    if sku in failures:
        return Entry(entry.product, "failed", failures[sku], entry.text, entry.attributes)
    return Entry(entry.product, "made", entry.reason, entry.text, entry.attributes, journal.made[sku])
