"""From a catalog and a recipe to a model folder."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from packshot import __version__
from packshot.artifact import (
    SCHEMA_VERSION,
    ModelConfig,
    ModelFolder,
    TextConfig,
    TrainingRecord,
    write_config,
)
from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.evaluation.card import write_card
from packshot.evaluation.reference import Reference
from packshot.families import sampler_defaults, training_parts
from packshot.families.common.family import FamilyConfig
from packshot.families.common.graphs import export_graph
from packshot.files import write_atomic
from packshot.generation.models import open_model
from packshot.progress import say
from packshot.text.attributes import Attributes, load_vocabulary
from packshot.text.condition import Conditioner, terms_of
from packshot.text.encoder import encoder_named
from packshot.training.adapt import load_weights, recipe_from, rehearsal, take_over
from packshot.training.checkpoint import State
from packshot.training.data import load_training_set, vocabulary_counts
from packshot.training.monitor import Monitor
from packshot.training.plan import Plan, going_on, read_plan, write_plan
from packshot.training.recipe import Recipe
from packshot.training.samples import write_samples
from packshot.training.stages import Run, Start, steps_for
from packshot.training.workers import Workers


def train(
    catalog_path: Path,
    out: Path,
    recipe: Recipe | None,
    *,
    budget: float | None,
    resume: bool,
    name: str = "",
    origin: Path | None = None,
) -> ModelFolder:
    """Train a model and write its folder.

    Args:
        out: the model folder; checkpoints lie in its ``training`` folder.
        recipe: None, where one is resumed, for its own.
        budget: seconds to turn into steps when the recipe names none.
        resume: go on with the training that ``out`` holds, by its own plan; a recipe may only change learning rates.
        name: of the model; the folder's name by default.
        origin: a model to adapt instead of starting anew.

    Raises:
        PackshotError: nothing to resume, something to resume but not asked to, a catalog too small or another one than
            before, a recipe or a model to adapt other than what is resumed, a model to adapt of another family, no
            length, a training that diverged.
    """
    workers, catalog, work = Workers(), Catalog(catalog_path), out / "training"
    plan = read_plan(work)
    if resume and plan is None:
        raise PackshotError("nothing to resume", out, "Leave --resume out.", usage=True)
    if not resume and out.exists() and any(out.iterdir()):
        hint = "Give --resume to go on with it, or another -o." if plan else "Choose another -o."
        raise PackshotError("folder is not empty", out, hint, usage=True)
    if plan and plan.catalog != catalog.fingerprint:
        raise PackshotError("the catalog has changed since this training began", catalog_path)
    older = open_model(origin) if origin else None
    if recipe and older:
        recipe = recipe_from(recipe, older)
    if plan:
        plan = _resumed(plan, recipe, older, out)
        if recipe and workers.first:
            write_plan(work, plan)
        recipe, older = plan.recipe, open_model(Path(plan.origin)) if plan.origin else None
    assert recipe is not None, "only a plan has a recipe of its own"
    if plan is None and recipe.training.steps is None and budget is None:
        raise PackshotError("how long to train is not said", hint="Give --budget 60m or --steps N.", usage=True)
    config = recipe.training
    rows, every = catalog.rows("train", config.without), catalog.attributes("train")
    known = [every[i] for i in rows]
    vocabulary = load_vocabulary().with_kinds(vocabulary_counts(known, "category"))
    terms = _with_older(terms_of(known, vocabulary), older.config.text.terms if older else ())
    conditioner = Conditioner(encoder_named(config.encoder), terms, vocabulary)
    architecture = recipe.model_config_for(conditioner.dim)
    if left_out := len(every) - len(rows):
        say(f"{left_out} of {len(every)} pictures are left out: {' or '.join(config.without)} (training.without)")
    with workers.after_the_first():
        resolution, balance, group = architecture.resolution, config.balance, config.group
        data = load_training_set(catalog, rows, resolution, config.fit, conditioner, balance=balance, group=group)
    if older:
        data = data.joined(rehearsal(older, terms))
    if plan is None:
        steps: Mapping[str, int] | None = recipe.steps(architecture.stages)
        if steps is None:
            assert budget is not None
            steps = steps_for(recipe, architecture, data, budget)
        plan = Plan(recipe, catalog.fingerprint, steps, str(older.path.absolute()) if older else "")
        # Whatever another process measured, one plan holds for all.
        with workers.after_the_first():
            plan = read_plan(work) or plan if not workers.first else plan
            if workers.first:
                write_plan(work, plan)
    monitor = None
    held_out = len(catalog.rows("test", config.without))
    if config.looks and held_out < 2:
        say(f"{held_out} held-out pictures: nothing is watched while it trains")
    elif config.looks:
        reference = Reference(catalog, architecture.resolution, config.fit, config.without)
        monitor = Monitor(recipe.family, architecture, reference, conditioner, config.looks, config.patience)
    start = _start(older, config.start, conditioner.terms)
    plan, state = Run(architecture, data, work, monitor, workers, start).through(plan)
    if workers.first:
        before = older.config if older else None
        _write_folder(out, name or out.name, plan, architecture, conditioner, catalog, known, before, state)
    workers.wait()
    return ModelFolder(out)


def _resumed(plan: Plan, recipe: Recipe | None, older: ModelFolder | None, out: Path) -> Plan:
    """The plan with what a resumed training may be asked anew; what it may not is refused."""
    if older and str(older.path.absolute()) != plan.origin:
        raise PackshotError(f"this training began with {plan.origin or 'no model'}, not {older.path}", out, usage=True)
    return going_on(plan, recipe, out) if recipe else plan


def _start(older: ModelFolder | None, name: str, terms: Sequence[str]) -> Start | None:
    """What a network begins with: all of the model that is adapted, or what fits of the one the recipe names."""
    if older:
        return partial(load_weights, origin=older, terms=terms)
    if not name:
        return None
    return partial(take_over, origin=open_model(Path(name)), terms=terms)


def _write_folder(
    out: Path,
    name: str,
    plan: Plan,
    architecture: FamilyConfig,
    conditioner: Conditioner,
    catalog: Catalog,
    known: Sequence[Attributes],
    older: ModelConfig | None,
    state: State,
) -> None:
    recipe, average = plan.recipe, copy.deepcopy(state.average).cpu()
    weights = {k: v.to(torch.float16).contiguous() for k, v in average.state_dict().items()}
    write_atomic(out / "model.safetensors", save(weights))
    for graph, (module, inputs, outputs) in training_parts(recipe.family).export(average, architecture).items():
        export_graph(module, inputs, outputs, out / "graphs" / f"{graph}.onnx")
    config = ModelConfig(
        schema_version=SCHEMA_VERSION,
        name=name,
        family=recipe.family,
        architecture=architecture.model_dump(mode="json"),
        resolution=architecture.resolution,
        fit=recipe.training.fit,
        without=recipe.training.without,
        categories=_with_older(vocabulary_counts(known, "category"), older.categories if older else ()),
        colors=_with_older(vocabulary_counts(known, "color"), older.colors if older else ()),
        text=TextConfig(encoder=conditioner.encoder.name, version=conditioner.encoder.version, terms=conditioner.terms),
        sampler=dict(sampler_defaults(recipe.family)),
        training=TrainingRecord(
            catalog=catalog.name,
            license=catalog.license,
            products=len(known),
            steps=sum(_taken(state).values()),
            seconds=round(state.seconds, 1),
            seed=recipe.training.seed,
            recipe=_published(recipe),
        ),
        packshot_version=__version__,
        files={},
    )
    config = write_config(out, config, ("model.safetensors", "graphs/*.onnx"))
    write_card(out, config, None)
    write_samples(ModelFolder(out))


def _published(recipe: Recipe) -> dict[str, Any]:
    """The recipe without where on this machine its start lies: a model folder and its card are given away."""
    dumped = recipe.model_dump(mode="json")
    start = recipe.training.start
    dumped["training"]["start"] = start if "://" in start else Path(start).name
    return dumped


def _taken(state: State) -> dict[str, int]:
    """Stage → the steps that led to its last state."""
    return {row["stage"]: row["step"] for row in state.history}


def _with_older(names: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    return (*names, *(n for n in older if n not in names))
