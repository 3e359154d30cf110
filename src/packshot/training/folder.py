"""The model folder that a training ends with."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from packshot import __version__
from packshot.artifact import SCHEMA_VERSION, ModelConfig, ModelFolder, TextConfig, TrainingRecord, write_config
from packshot.catalog import Catalog
from packshot.evaluation.card import write_card
from packshot.families import sampler_defaults, training_parts
from packshot.families.common.family import FamilyConfig
from packshot.families.common.graphs import export_graph
from packshot.files import write_atomic
from packshot.generation.modes import FILE as MODES
from packshot.training.checkpoint import State
from packshot.training.data import vocabulary_counts
from packshot.training.material import Material, with_older
from packshot.training.plan import Plan
from packshot.training.recipe import Recipe
from packshot.training.samples import write_samples


def write_folder(
    out: Path,
    name: str,
    plan: Plan,
    material: Material,
    catalog: Catalog,
    older: ModelConfig | None,
    state: State,
) -> None:
    """Weights, graphs, configuration, card and samples, with which the folder is complete.

    Args:
        older: the model that was adapted.
        state: the last one.
    """
    recipe, average = plan.recipe, copy.deepcopy(state.average).cpu()
    known, conditioner, architecture = material.known, material.conditioner, material.architecture
    config = ModelConfig(
        schema_version=SCHEMA_VERSION,
        name=name,
        family=recipe.family,
        architecture=architecture.model_dump(mode="json"),
        resolution=architecture.resolution,
        fit=recipe.training.fit,
        without=recipe.training.without,
        categories=with_older(vocabulary_counts(known, "category"), older.categories if older else ()),
        colors=with_older(vocabulary_counts(known, "color"), older.colors if older else ()),
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
    if material.modes is not None:
        material.modes.save(out)
    write_network(out, average, architecture, config)


def write_network(out: Path, network: nn.Module, architecture: FamilyConfig, config: ModelConfig) -> None:
    """What follows from a network's weights: they, graphs, configuration, card and samples.

    Args:
        network: what is averaged in training.
    """
    weights = {k: v.to(torch.float16).contiguous() for k, v in network.state_dict().items()}
    write_atomic(out / "model.safetensors", save(weights))
    for graph, (module, inputs, outputs) in training_parts(config.family).export(network, architecture).items():
        export_graph(module, inputs, outputs, out / "graphs" / f"{graph}.onnx")
    config = write_config(out, config, ("model.safetensors", MODES, "graphs/*.onnx"))
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
