"""The judgement of one model folder against one catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from packshot import __version__
from packshot.artifact import ModelFolder, write_json
from packshot.catalog import Catalog
from packshot.engines import Engine, open_engine
from packshot.evaluation.adherence import adherence
from packshot.evaluation.authenticity import authenticity
from packshot.evaluation.blind import write_blind
from packshot.evaluation.card import write_card
from packshot.evaluation.costs import costs
from packshot.evaluation.drawing import draw
from packshot.evaluation.fidelity import by_category, fidelity
from packshot.evaluation.inception_score import inception
from packshot.evaluation.intervals import Figure
from packshot.evaluation.near_copies import View, closest
from packshot.evaluation.prompts import Prompt, prompts_for
from packshot.evaluation.reconstruction import reconstruction
from packshot.evaluation.reference import Reference, evenly, kind_of
from packshot.evaluation.report import write_report
from packshot.evaluation.retrieval import retrieval
from packshot.evaluation.variety import same_description
from packshot.evaluation.wishes import held_out_wishes
from packshot.features.choose import choose_features
from packshot.features.inception import Inception
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail
from packshot.generation.generator import Generator
from packshot.text.attributes import Attributes

SCHEMA = 3
FEWEST_GENERATED = 1024
# Below these numbers of real pictures a figure says more about the sample than about the model.
ENOUGH_REAL = 200
ENOUGH_OF_A_KIND = 20
_CLOSEST = 24


@dataclass(frozen=True)
class Settings:
    """What ``packshot evaluate`` can be told.

    Attributes:
        prompts: CSV file of descriptions for adherence; None composes them from what the model knows.
        images: pictures to draw from held-out descriptions; None is as many as those, at least ``FEWEST_GENERATED``.
        seeds: pictures for each description of ``prompts``.
        neighbours: write the neighbour index too, by which ``--no-copies`` refuses near-copies.
        inception: path of the standard Inception-V3 file, or ``download``; its features are used instead of lite0's.
        features: folder of a Hugging Face vision model, whose features are used instead of lite0's.
        engine: where real pictures are measured: ``local``, or ``ray`` for a cluster.
    """

    prompts: Path | None = None
    images: int | None = None
    seeds: int = 16
    neighbours: bool = False
    inception: str | None = None
    features: Path | None = None
    engine: str = "local"

    def open_engine(self) -> Engine | None:
        """The engine, or None where the threads of this process do the work.

        Raises:
            PackshotError: there is no engine of that name, or what it needs is not installed.
        """
        return None if self.engine == "local" else open_engine(self.engine)


def evaluate(
    folder: Path, catalog_path: Path, out: Path | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """Judge a model against the held-out split of a catalog; write what came of it.

    ``evaluation.json`` and ``report.html`` tell the figures, the card ``README.md`` sums them up, and ``probes.npz``
    holds the fitted probes.

    Args:
        out: where to write; None writes into the model folder.

    Returns:
        What is in ``evaluation.json``.

    Raises:
        PackshotError: no such model or catalog, or fewer than 2 held-out pictures.
    """
    model, settings = ModelFolder(folder), settings or Settings()
    prompts = prompts_for(model.config, settings.prompts)
    features = choose_features(settings.inception, settings.features)
    reference = Reference.of(model.config, Catalog(catalog_path), features, settings.open_engine())
    result = judge(model, reference, prompts, settings)
    result["reconstruction"] = reconstruction(Generator(model), reference)
    target = out or folder
    reference.probes.save(target / "probes.npz")
    if settings.neighbours:
        reference.neighbour_index().save(target)
    write_json(target / "evaluation.json", result)
    write_card(target, model.config, result)
    write_report(target, result, model, reference, prompts)
    return result


def write_blind_page(folder: Path, catalog_path: Path, out: Path | None = None) -> Path:
    """Write ``blind.html``, on which a person tells real pictures from generated ones, and return its path.

    Raises:
        PackshotError: no such model or catalog, or fewer than 2 held-out pictures.
    """
    model = ModelFolder(folder)
    return write_blind(out or folder, model, Reference.of(model.config, Catalog(catalog_path)))


def judge(model: ModelFolder, reference: Reference, prompts: Sequence[Prompt], settings: Settings) -> dict[str, Any]:
    """Every figure of a model, beside the same figures of real pictures that it was not trained to draw."""
    generator, features = Generator(model), reference.features
    known = reference.attributes("test")
    count = settings.images or max(len(known), FEWEST_GENERATED)
    wanted = held_out_wishes(reference, count)
    standard = isinstance(features, Inception)
    drawn = draw(generator, wanted, features, "pictures of held-out descriptions", classify=standard)
    asked = [known[i % len(known)] for i in range(count)]
    # Other real pictures, evenly spread since a catalog may be sorted, as many as were drawn if there are so many.
    others = evenly(len(reference.training), count)
    sample, sample_known = reference.training[others], [reference.attributes("train")[i] for i in others]
    real = fidelity(reference.held_out, sample)
    scores = fidelity(reference.held_out, drawn.features)
    if drawn.probabilities is not None and isinstance(features, Inception):
        scores["is"] = inception(drawn.probabilities)
        real["is"] = inception(features.probabilities(reference.pictures("train", others)))
    copies = closest(
        View(reference.training, reference.held_out, drawn.features),
        View(reference.thumbnails("train"), reference.thumbnails("test"), drawn.thumbnails),
    )
    order = np.argsort(copies.closeness, kind="stable")[:_CLOSEST]
    return {
        "schema": SCHEMA,
        "model": model.config.name,
        "model_id": model.identity,
        "family": model.config.family,
        "catalog": reference.catalog.name,
        "features": f"{features.name} {features.version}",
        "way": f"real pictures at {reference.resolution} px, all {features.way}",
        "resolution": model.config.resolution,
        "images": {"real": len(known), "generated": count, "training": len(reference.training), "sample": len(others)},
        "scores": _json(scores),
        "real_against_real": _json(real),
        "per_category": {
            name: _json(figures)
            for name, figures in by_category(
                reference.held_out, [kind_of(a) for a in known], drawn.features, [kind_of(a) for a in asked]
            ).items()
        },
        "real_per_category": {
            name: _json(figures)
            for name, figures in by_category(
                reference.held_out, [kind_of(a) for a in known], sample, [kind_of(a) for a in sample_known]
            ).items()
        },
        "adherence": _adherence(generator, reference, prompts, settings.seeds),
        "r_precision": retrieval(generator.conditioner.encoder, reference, drawn),
        "memorisation": {
            "near_copies": copies.share.json(),
            "limits": dict(zip((features.name, Thumbnail.name), copies.limits, strict=True)),
            "authenticity": authenticity(reference.training, drawn.features).json(),
            "authenticity_real": authenticity(reference.training, reference.held_out).json(),
            "closest": [
                {
                    "text": wanted[i][0],
                    "seed": wanted[i][1],
                    "closeness": float(copies.closeness[i]),
                    "sku": reference.sku("train", int(copies.row[i])),
                    "row": reference.rows["train"][int(copies.row[i])],
                    "near_copy": bool(copies.near[i]),
                }
                for i in map(int, order)
            ],
        },
        "same_description": same_description(generator, reference, prompts),
        "costs": costs(model, wanted[0][0]),
        "warnings": _warnings(known, asked, len(others)),
        "packshot_version": __version__,
    }


def _adherence(
    generator: Generator, reference: Reference, prompts: Sequence[Prompt], seeds: int
) -> dict[str, Any] | None:
    if not prompts:
        return None
    wanted = [(prompt.text, seed) for prompt in prompts for seed in range(seeds)]
    drawn = draw(generator, wanted, Lite0(), "pictures of asked descriptions", colors=True)
    return adherence(reference.probes, prompts, drawn.features, drawn.colors)


def _warnings(known: Sequence[Attributes], asked: Sequence[Attributes], others: int) -> list[str]:
    warnings = []
    if len(known) < ENOUGH_REAL:
        warnings.append(f"only {len(known)} held-out pictures: the distances say little below {ENOUGH_REAL}")
    if len(asked) < ENOUGH_REAL:
        warnings.append(f"only {len(asked)} generated pictures: the distances say little below {ENOUGH_REAL}")
    if others < len(asked):
        warnings.append(
            f"real against real has {others} pictures where {len(asked)} are generated: with as many, "
            "its FID would be lower and its coverage higher"
        )
    kinds = [kind_of(a) for a in known]
    few = sorted({k for k in kinds if k and kinds.count(k) < ENOUGH_OF_A_KIND})
    if few:
        warnings.append(
            f"fewer than {ENOUGH_OF_A_KIND} held-out pictures of {', '.join(few)}: their figures say little"
        )
    return warnings


def _json(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.json() for name, figure in figures.items()}
