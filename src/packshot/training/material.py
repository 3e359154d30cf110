"""What a recipe trains with, made of a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation.reference import kind_of
from packshot.families.common.family import FamilyConfig
from packshot.features.appearance import fit_appearance, lite0, outlines
from packshot.features.cache import cached
from packshot.files import new_file
from packshot.generation.modes import FILE as MODES
from packshot.generation.modes import Modes, modes_of, read_modes
from packshot.progress import say
from packshot.text.attributes import Attributes, load_vocabulary
from packshot.text.condition import Conditioner, terms_of
from packshot.text.encoder import encoder_named
from packshot.training.adapt import recalled, rehearsal
from packshot.training.data import TrainingSet, load_training_set, vocabulary_counts
from packshot.training.modes import Found, find_modes, fit_modes
from packshot.training.recipe import Recipe, TrainingConfig
from packshot.training.workers import Workers

# What is told of each training picture's mode.
TOLD = "told.npy"


@dataclass(frozen=True)
class Material:
    """What is trained with.

    Attributes:
        known: the attributes of the products.
        conditioner: what descriptions become.
        architecture: of the network.
        data: the training set, with a rehearsal where a model is adapted.
        modes: of the catalog and of the model that is adapted, or None.
    """

    known: Sequence[Attributes]
    conditioner: Conditioner
    architecture: FamilyConfig
    data: TrainingSet
    modes: Modes | None


def material_of(
    catalog: Catalog,
    recipe: Recipe,
    older: ModelFolder | None,
    begun: ModelFolder | None,
    workers: Workers,
    work: Path,
    *,
    fresh: bool,
) -> Material:
    """What a recipe trains with.

    Args:
        older: the model that is adapted.
        begun: the model whose weights are begun with, that one or another.
        work: of the training; modes are found once, and lie there.
        fresh: nothing was trained yet, so that what lies there is what a stopped beginning left.

    Raises:
        PackshotError: there are too few pictures, or the recipe's encoder is not there.
    """
    config = recipe.training
    rows, every = catalog.rows("train", config.without), catalog.attributes("train")
    known = [every[i] for i in rows]
    vocabulary = load_vocabulary().with_kinds(vocabulary_counts(known, "category"))
    terms = with_older(terms_of(known, vocabulary), older.config.text.terms if older else ())
    conditioner = Conditioner(encoder_named(config.encoder), terms, vocabulary)
    if left_out := len(every) - len(rows):
        say(f"{left_out} of {len(every)} pictures are left out: {' or '.join(config.without)} (training.without)")
    with workers.after_the_first():
        resolution, balance, group = recipe.model_config_for(1).resolution, config.balance, config.group
        data = load_training_set(catalog, rows, resolution, config.fit, conditioner, balance=balance, group=group)
        modes = None
        if config.modes:
            if (fresh and workers.first) or not (work / MODES).exists():
                found = _found(catalog, rows, data, config, [kind_of(a) for a in known], begun)
                with new_file(work / TOLD) as partial:
                    np.save(partial, found.centres[found.shown[: len(data)]])
                fit_modes(recalled(found, older, conditioner) if older else found).save(work)
            modes, data = read_modes(work / MODES), replace(data, modes=np.load(work / TOLD))
    if older:
        data = data.joined(rehearsal(older, terms))
    return Material(known, conditioner, recipe.model_config_for(data.condition_dim), data, modes)


def _found(
    catalog: Catalog,
    rows: Sequence[int],
    data: TrainingSet,
    config: TrainingConfig,
    kinds: Sequence[str],
    begun: ModelFolder | None,
) -> Found:
    """The catalog's modes, in the space of those that the model that is begun with knows, if it knows any."""
    key = [catalog.fingerprint, "train", data.pixels.shape[1], config.fit, list(rows)]
    label, network = "appearances", lite0()
    features = cached(catalog.cache_dir, key, network, len(data), lambda: network.stream(data.pixels), label)
    outline, theirs = outlines(data.pixels), modes_of(begun) if begun else None
    appearance = theirs.appearance if theirs else fit_appearance(features, outline)
    centres, own = find_modes(appearance.of(features, outline), kinds, config.modes)
    say(f"{len(centres)} modes of {len(data)} pictures")
    conditions = data.conditions()
    naming = [False] * data.vectors.shape[1] + [term.startswith("category:") for term in data.terms]
    named = (conditions[: len(own)] >= 1) & naming
    # What all pictures of a mode are; those of rare kinds may have nothing in common.
    every = np.stack([named[own == mode].all(axis=0) for mode in range(len(centres))])
    return Found(appearance, centres, every, conditions, np.tile(own, 4))


def with_older(names: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    """Names, and after them what an older model has besides."""
    return (*names, *(n for n in older if n not in names))
