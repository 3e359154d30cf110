"""The work on one product, done wherever the engine takes it: draw, choose, finish. Nothing is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from packshot.batch.choosing import choose, open_probes
from packshot.errors import PackshotError
from packshot.evaluation.probes import Probes
from packshot.features.nsfw import NsfwFilter
from packshot.finishing.finish import Options as FinishOptions
from packshot.finishing.finish import finish
from packshot.finishing.label import Labels, read_labels
from packshot.finishing.preset import Preset, load
from packshot.generation.copies import CopyGuard, unguarded
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.generation.write import to_png
from packshot.text.attributes import Attributes


@dataclass(frozen=True)
class Job:
    """What is the same for every product of a run.

    Attributes:
        model: the model folder; None is the default model.
        n: images for each product.
        candidates: drawn for each image, the best of which is kept.
        no_copies: leave out candidates that are near-copies of a training picture.
        preset: market preset to finish with; empty leaves images as the model drew them.
        mark: write the visible AI label; None is as the preset says.
        upscale: enlarge with Real-ESRGAN.
        nsfw_filter: refuse pictures that are not safe for work.
        seed: all seeds come from it and the product.
    """

    model: Path | None
    n: int
    candidates: int
    no_copies: bool
    preset: str
    mark: bool | None
    upscale: bool
    nsfw_filter: bool
    seed: int


@dataclass(frozen=True)
class Task:
    """One product.

    Attributes:
        family: its seeds come from it, see ``Product``.
        text, attributes: what is drawn, and what must be seen.
        round: how often it was made anew.
    """

    sku: str
    family: str
    folder: str
    text: str
    attributes: Attributes
    title: str
    price: str
    round: int


@dataclass(frozen=True)
class Image:
    """One finished image: its name in the output folder, its bytes, and what the manifest says of it."""

    file: str
    data: bytes
    seed: int
    scores: Mapping[str, float]
    labels: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """What became of a product: its images, or why there are none."""

    sku: str
    images: tuple[Image, ...] = ()
    error: str = ""


def draw(task: Task, job: Job) -> Drawn:
    """Make the images of one product; whatever goes wrong is its own affair and stops no other."""
    try:
        return Drawn(task.sku, tuple(_image(task, job, number) for number in range(job.n)))
    except PackshotError as error:
        return Drawn(task.sku, error=str(error))
    except Exception as error:
        return Drawn(task.sku, error=" ".join(f"unexpected {type(error).__name__}: {error}".split())[:300])


def died(task: Task) -> Drawn:
    """What is said of a product whose process died over it."""
    return Drawn(task.sku, error="the process that worked on it died; memory may have run out")


def seed_of(job: Job, task: Task, number: int, candidate: int) -> int:
    """0..2³²−1: of the run's seed, the family, the image, the candidate and the round, and of nothing else."""
    key = f"{job.seed}\n{task.family}\n{number}\n{candidate}\n{task.round}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4])


def _image(task: Task, job: Job, number: int) -> Image:
    tools = _tools(job)
    wanted = [(task.text, seed_of(job, task, number, candidate)) for candidate in range(job.candidates)]
    drawn = tools.guard.pictures(wanted) if tools.guard else unguarded(tools.generator.pictures(wanted))
    pictures = [made.image for made in drawn if made.image is not None]
    if not pictures:
        raise PackshotError("every seed tried gives a near-copy of a training picture", hint="Leave --no-copies out.")
    best, scores = choose([p.pixels for p in pictures], task.attributes, tools.probes)
    if tools.nsfw is not None and tools.nsfw.refuses(pictures[best].pixels):
        raise PackshotError("the picture was held back by the NSFW filter")
    data, suffix = to_png(pictures[best]), ".png"
    notes: tuple[str, ...] = ()
    if tools.preset is not None:
        options = FinishOptions(mark=job.mark, upscale=job.upscale, title=task.title, price=task.price)
        finished = finish(data, tools.preset, options)
        data, suffix, notes = finished.data, finished.suffix, finished.notes
    name = f"{task.folder}/{task.folder}-{number + 1}{suffix}"
    return Image(name, data, pictures[best].seed, scores, _told(read_labels(data)), notes)


def _told(labels: Labels) -> dict[str, Any]:
    """The labels as they were read back from the file."""
    return {
        "source_type": labels.source_term,
        "aigc": labels.aigc.get("Label", ""),
        "produce_id": labels.aigc.get("ProduceID", ""),
        "mark": bool(labels.finish.get("mark")),
    }


class _Tools(NamedTuple):
    """What a process needs."""

    generator: Generator
    guard: CopyGuard | None
    probes: Probes | None
    preset: Preset | None
    nsfw: NsfwFilter | None


@lru_cache(maxsize=2)
def _tools(job: Job) -> _Tools:
    """Opened once in a process."""
    generator = Generator(open_model(job.model), threads=1)
    return _Tools(
        generator,
        CopyGuard(generator) if job.no_copies else None,
        open_probes(generator.model) if job.candidates > 1 else None,
        load(job.preset) if job.preset else None,
        NsfwFilter() if job.nsfw_filter else None,
    )
