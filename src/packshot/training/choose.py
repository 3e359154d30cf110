"""Which family suits a catalog: each is trained for a share of the budget, and the preferred one is kept."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from packshot.artifact import ModelFolder, write_json
from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.evaluation.diversity import spread
from packshot.evaluation.held_out import held_out_scores
from packshot.evaluation.reference import Reference, evenly
from packshot.families import FAMILIES
from packshot.generation.generator import Generator
from packshot.generation.modes import FILE as MODES
from packshot.progress import say, track
from packshot.training.recipe import load_recipe
from packshot.training.train import train

Preference = Literal["variety", "closeness", "speed"]

# What each measure weighs: an exponent of its share of the best family's.
WEIGHTS: Mapping[Preference, Mapping[str, float]] = {
    "variety": {"within": 1.0, "recall": 0.5, "closeness": 0.5, "category": 1.0, "color": 1.0, "speed": 0.0},
    "closeness": {"within": 0.1, "recall": 0.2, "closeness": 1.0, "category": 1.0, "color": 1.0, "speed": 0.0},
    "speed": {"within": 0.1, "recall": 0.1, "closeness": 0.25, "category": 1.0, "color": 1.0, "speed": 1.0},
}
_DRAWN, _REPEATED, _SEEDS = 256, 16, 4
# What evaluating a model leaves in its folder: of another model it would be untrue.
_JUDGED = ("evaluation.json", "probes.npz", "report.html", MODES)
# Below this share of the best a measure says no more about what is preferred than that it is bad.
_LEAST = 0.02


def choose(
    catalog_path: Path,
    out: Path,
    prefer: Preference,
    *,
    budget: float,
    resume: bool = False,
    seed: int | None = None,
    name: str = "",
    settings: Sequence[str] = (),
) -> ModelFolder:
    """Train every family for an equal share of ``budget`` seconds and put the best into ``out``.

    All stay in ``out/training/FAMILY``, so that to resume with another preference is to choose again; what was measured
    and why one was kept is in ``out/choice.json``.

    Raises:
        PackshotError: as ``train`` does; a setting that not every family has; a model in ``out`` that was not chosen.
    """
    work = out / "training"
    if not resume and out.exists() and any(out.iterdir()):
        raise PackshotError("folder is not empty", out, "Give --resume to go on with it, or another -o.", usage=True)
    if (out / "config.json").exists() and not (out / "choice.json").exists():
        raise PackshotError("this model was not chosen by --family auto", out, "Choose another -o.", usage=True)
    recipes = {family: load_recipe(family, settings, seed=seed) for family in FAMILIES}
    scores: dict[str, dict[str, float]] = {}
    for family, recipe in recipes.items():
        folder = work / family
        if not (resume and (folder / "config.json").exists()):
            going = resume and (folder / "training" / "plan.json").exists()
            asked = None if going and not settings else recipe
            train(catalog_path, folder, asked, budget=budget / len(FAMILIES), resume=going, name=name or out.name)
        scores[family] = measure(ModelFolder(folder), Catalog(catalog_path))
    marks = {family: mark(scores, family, prefer) for family in FAMILIES}
    kept = max(marks, key=lambda family: marks[family])
    write_json(out / "choice.json", {"prefer": prefer, "kept": kept, "marks": marks, "scores": scores})
    say(reason(scores, marks, kept, prefer))
    _put(work / kept, out)
    return ModelFolder(out)


def _put(model: Path, out: Path) -> None:
    """Put a model in the place of the one that was chosen before; whatever packshot did not write stays."""
    there = out / "config.json"
    if there.exists() and there.read_bytes() == (model / "config.json").read_bytes():
        return
    shutil.rmtree(out / "graphs", ignore_errors=True)
    for name in _JUDGED:
        (out / name).unlink(missing_ok=True)
    shutil.copytree(model, out, ignore=shutil.ignore_patterns("training"), dirs_exist_ok=True)


def measure(model: ModelFolder, catalog: Catalog) -> dict[str, float]:
    """Held-out scores of a model, all the better the higher.

    Returns:
        ``closeness`` (1 / KID), ``recall``, ``within`` (spread of pictures of one description), ``category`` and
        ``color`` (shares of the real pictures' ceiling), ``speed`` (pictures a second, one at a time on one thread).
    """
    reference, generator = Reference.of(model.config, catalog), Generator(model, threads=1)
    rows = evenly(len(reference.rows["test"]), _DRAWN)
    texts, known = reference.descriptions("test"), reference.attributes("test")
    wanted = [(texts[row][i % 2], i) for i, row in enumerate(rows)]
    # The first call loads graphs; it is not what a picture costs.
    generator.picture(*wanted[0])
    begin = time.perf_counter()
    pictures = [g.pixels for g in track(generator.pictures(wanted), model.config.family, len(wanted))]
    speed = len(wanted) / (time.perf_counter() - begin)
    found = held_out_scores(pictures, [known[row] for row in rows], reference)
    alike = []
    for row in rows[:: max(1, len(rows) // _REPEATED)]:
        repeated = [g.pixels for g in generator.pictures([(texts[row][0], 1000 + seed) for seed in range(_SEEDS)])]
        alike.append(spread(reference.features.embed(repeated)))
    within = sum(alike) / len(alike) / max(1e-9, spread(reference.held_out))
    closeness = 1 / max(1e-4, found["kid"])
    rest = {name: found[name] for name in ("recall", "category", "color")}
    return {"closeness": closeness, "within": within, **rest, "speed": speed}


def mark(scores: Mapping[str, Mapping[str, float]], family: str, prefer: Preference) -> float:
    """A family's mark, 0..1: the weighted geometric mean of its measures as shares of the best family's."""
    logs, total = 0.0, 0.0
    for name, weight in WEIGHTS[prefer].items():
        best = max((s[name] for s in scores.values() if math.isfinite(s[name])), default=0.0)
        if weight and best > 0:
            logs += weight * math.log(max(_LEAST, scores[family][name] / best))
            total += weight
    return math.exp(logs / total) if total else 0.0


def reason(scores: Mapping[str, Mapping[str, Any]], marks: Mapping[str, float], kept: str, prefer: Preference) -> str:
    """Why one was kept, in a line a family."""
    lines = [f"kept {kept} for {prefer}:"]
    for family in sorted(marks, key=lambda f: -marks[f]):
        told = ", ".join(f"{name} {value:.3g}" for name, value in scores[family].items())
        lines.append(f"  {family}: mark {marks[family]:.3f} ({told})")
    return "\n".join(lines)
