"""What a recipe trains with, made of a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.families.common.family import FamilyConfig
from packshot.progress import say
from packshot.text.attributes import Attributes, load_vocabulary
from packshot.text.condition import Conditioner, terms_of
from packshot.text.encoder import encoder_named
from packshot.training.adapt import rehearsal
from packshot.training.data import TrainingSet, load_training_set, vocabulary_counts
from packshot.training.recipe import Recipe
from packshot.training.workers import Workers


@dataclass(frozen=True)
class Material:
    """What is trained with.

    Attributes:
        known: the attributes of the products.
        conditioner: what descriptions become.
        architecture: of the network.
        data: the training set, with a rehearsal where a model is adapted.
    """

    known: Sequence[Attributes]
    conditioner: Conditioner
    architecture: FamilyConfig
    data: TrainingSet


def material_of(catalog: Catalog, recipe: Recipe, older: ModelFolder | None, workers: Workers) -> Material:
    """What a recipe trains with.

    Args:
        older: the model that is adapted.

    Raises:
        PackshotError: there are too few pictures, or the recipe's encoder is not there.
    """
    config = recipe.training
    rows, every = catalog.rows("train", config.without), catalog.attributes("train")
    known = [every[i] for i in rows]
    vocabulary = load_vocabulary().with_kinds(vocabulary_counts(known, "category"))
    terms = with_older(terms_of(known, vocabulary), older.config.text.terms if older else ())
    conditioner = Conditioner(encoder_named(config.encoder), terms, vocabulary)
    architecture = recipe.model_config_for(conditioner.dim)
    if left_out := len(every) - len(rows):
        say(f"{left_out} of {len(every)} pictures are left out: {' or '.join(config.without)} (training.without)")
    with workers.after_the_first():
        resolution, balance, group = architecture.resolution, config.balance, config.group
        data = load_training_set(catalog, rows, resolution, config.fit, conditioner, balance=balance, group=group)
    if older:
        data = data.joined(rehearsal(older, terms))
    return Material(known, conditioner, architecture, data)


def with_older(names: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    """Names, and after them what an older model has besides."""
    return (*names, *(n for n in older if n not in names))
