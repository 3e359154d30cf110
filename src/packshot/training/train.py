"""From a catalog and a recipe to a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.evaluation.reference import Reference
from packshot.generation.models import open_model
from packshot.generation.modes import FILE as MODES
from packshot.progress import say
from packshot.training.adapt import load_weights, recipe_from, take_over
from packshot.training.folder import write_folder
from packshot.training.material import TOLD, Material, material_of
from packshot.training.monitor import Monitor
from packshot.training.plan import Plan, going_on, read_plan, write_plan
from packshot.training.recipe import Recipe
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
    plan, recipe, older = _asked(catalog, out, recipe, workers, budget=budget, resume=resume, origin=origin)
    begun = older or (open_model(Path(recipe.training.start)) if recipe.training.start else None)
    material = material_of(catalog, recipe, older, begun, workers, work, fresh=plan is None)
    if plan is None:
        plan = _new_plan(catalog, work, recipe, older, workers, material, budget)
    monitor = _monitor(catalog, recipe, material)
    run = Run(material.architecture, material.data, work, monitor, workers, _start(older, begun, material))
    plan, state = run.through(plan)
    if workers.first:
        before = older.config if older else None
        write_folder(out, name or out.name, plan, material, catalog, before, state)
    workers.wait()
    return ModelFolder(out)


def _asked(
    catalog: Catalog,
    out: Path,
    recipe: Recipe | None,
    workers: Workers,
    *,
    budget: float | None,
    resume: bool,
    origin: Path | None,
) -> tuple[Plan | None, Recipe, ModelFolder | None]:
    """The plan of what is resumed, the recipe, and the model that is adapted; what cannot be done is refused."""
    work = out / "training"
    plan = read_plan(work)
    if resume and plan is None:
        raise PackshotError("nothing to resume", out, "Leave --resume out.", usage=True)
    # Stopped before it had a plan, a training leaves its modes; they are found again.
    left = {work / MODES, work / TOLD} if plan is None else set()
    if not resume and any(path.is_file() and path not in left for path in out.rglob("*")):
        hint = "Give --resume to go on with it, or another -o." if plan else "Choose another -o."
        raise PackshotError("folder is not empty", out, hint, usage=True)
    if plan and plan.catalog != catalog.fingerprint:
        raise PackshotError("the catalog has changed since this training began", catalog.path)
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
    return plan, recipe, older


def _new_plan(
    catalog: Catalog,
    work: Path,
    recipe: Recipe,
    older: ModelFolder | None,
    workers: Workers,
    material: Material,
    budget: float | None,
) -> Plan:
    """How long each stage takes, written down."""
    steps: Mapping[str, int] | None = recipe.steps(material.architecture.stages)
    if steps is None:
        assert budget is not None
        steps = steps_for(recipe, material.architecture, material.data, budget)
    plan = Plan(recipe, catalog.fingerprint, steps, str(older.path.absolute()) if older else "")
    # Whatever another process measured, one plan holds for all.
    with workers.after_the_first():
        plan = read_plan(work) or plan if not workers.first else plan
        if workers.first:
            write_plan(work, plan)
    return plan


def _monitor(catalog: Catalog, recipe: Recipe, material: Material) -> Monitor | None:
    config = recipe.training
    if not config.looks:
        return None
    if (held_out := len(catalog.rows("test", config.without))) < 2:
        say(f"{held_out} held-out pictures: nothing is watched while it trains")
        return None
    architecture = material.architecture
    reference = Reference(catalog, architecture.resolution, config.fit, config.without)
    return Monitor(
        recipe.family,
        architecture,
        reference,
        material.conditioner,
        config.looks,
        config.patience,
        modes=material.modes,
    )


def _resumed(plan: Plan, recipe: Recipe | None, older: ModelFolder | None, out: Path) -> Plan:
    """The plan with what a resumed training may be asked anew; what it may not is refused."""
    if older and str(older.path.absolute()) != plan.origin:
        raise PackshotError(f"this training began with {plan.origin or 'no model'}, not {older.path}", out, usage=True)
    return going_on(plan, recipe, out) if recipe else plan


def _start(older: ModelFolder | None, begun: ModelFolder | None, material: Material) -> Start | None:
    """What a network begins with: all of the model that is adapted, or what fits of the one the recipe names."""
    if begun is None:
        return None
    modes = material.modes.dim if material.modes else 0
    return partial(load_weights if older else take_over, origin=begun, terms=material.conditioner.terms, modes=modes)
