"""Pictures a second of training, by family and stage, beside a plain PyTorch loop over the same network and data.

    python benchmarks/training_speed.py CATALOG [--threads 2] [--rounds 8]

The plain loop is what one writes first: pictures decoded when a batch is made, tensors as they come, torch's own choice
of optimiser, a loop over the weights for their average, and latents encoded for every batch. Objectives, networks,
batch sizes and conditions are the same. Both take turns, so that they see the same machine.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from packshot.catalog import Catalog
from packshot.families import FAMILIES, training_parts
from packshot.families.common.family import FamilyConfig
from packshot.families.common.objective import Batch
from packshot.images.resize import to_square
from packshot.text.attributes import load_vocabulary
from packshot.text.condition import Conditioner, terms_of
from packshot.text.encoder import encoder_named
from packshot.training.data import TrainingSet, load_training_set
from packshot.training.feed import Feed
from packshot.training.loop import LATE, MANY, begin, train_step
from packshot.training.recipe import Recipe, TrainingConfig, load_recipe
from packshot.training.stages import build

WARM = 2


@dataclass
class Job:
    """What a step needs."""

    catalog: Catalog
    rows: list[int]
    data: TrainingSet
    recipe: Recipe
    architecture: FamilyConfig

    def ours(self, stage: str) -> Callable[[], object]:
        state, objective = build(self.recipe, self.architecture, stage, MANY)
        config = self.recipe.training_of(stage)
        feed = Feed(begin(state, objective, self.data), config)
        state.step = LATE
        return lambda: train_step(state, objective, feed, config, MANY)

    def plain(self, stage: str) -> Callable[[], object]:
        parts, config = training_parts(self.recipe.family), self.recipe.training_of(stage)
        torch.manual_seed(0)
        objective = parts.Objective(parts.Network(self.architecture), self.architecture, stage, MANY)
        objective.begin(_tensor(np.array(self.data.pixels[:128])))
        average, step = copy.deepcopy(objective.averaged), iter(range(LATE, MANY))
        weights = {p.name: [w for m in p.modules for w in m.parameters()] for p in objective.players}
        optimizers = {
            p.name: torch.optim.AdamW(weights[p.name], config.learning_rate * p.rate, p.betas, weight_decay=0)
            for p in objective.players
        }

        def once() -> None:
            number = next(step)
            batch = self._decoded(number, config, objective)
            for player in objective.players:
                for optimizer in optimizers.values():
                    optimizer.zero_grad()
                losses = objective.losses(player.name, batch, number)
                sum(v for k, v in losses.items() if not k.startswith("_")).backward()
                torch.nn.utils.clip_grad_norm_(weights[player.name], config.clip)
                optimizers[player.name].step()
            with torch.no_grad():
                for old, new in zip(average.parameters(), objective.averaged.parameters(), strict=True):
                    old.mul_(config.ema).add_(new, alpha=1 - config.ema)

        return once

    def _decoded(self, step: int, config: TrainingConfig, objective: Any) -> Batch:
        chosen = np.random.default_rng(step).choice(len(self.rows), config.batch)
        pictures = self.catalog.images("train", [self.rows[i] for i in chosen])
        pixels = _tensor(np.stack([to_square(p, self.architecture.resolution, config.fit) for p in pictures]))
        texts = self.data.vectors[self.data.texts[chosen, 0]]
        condition = torch.from_numpy(np.concatenate([texts, self.data.attributes[chosen]], axis=1))
        with torch.no_grad():
            latents = None if objective.latents is None else objective.latents(pixels)
        return Batch(pixels, condition, latents)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads; pictures a second\n")
    print("| | share | packshot | plain loop | times |\n|---|---|---|---|---|")
    for family in FAMILIES:
        work, ours, plain = prepared(options.catalog, family), 0.0, 0.0
        for stage in work.architecture.stages:
            batch = work.recipe.training_of(stage.name).batch
            fast, slow = compared(work.ours(stage.name), work.plain(stage.name), options.rounds)
            ours, plain = ours + stage.share * batch / fast, plain + stage.share * batch / slow
            print(row(f"{family}, {stage.name}", stage.share, batch / fast, batch / slow), flush=True)
        print(row(f"**{family}**", 1.0, ours, plain), flush=True)


def prepared(path: Path, family: str) -> Job:
    catalog, recipe = Catalog(path), load_recipe(family)
    config, vocabulary = recipe.training, load_vocabulary()
    rows, every = catalog.rows("train", config.without), catalog.attributes("train")
    conditioner = Conditioner(encoder_named(config.encoder), terms_of([every[i] for i in rows], vocabulary), vocabulary)
    architecture = recipe.model_config_for(conditioner.dim)
    data = load_training_set(catalog, rows, architecture.resolution, config.fit, conditioner)
    return Job(catalog, list(rows), data, recipe, architecture)


def compared(ours: Callable[[], object], plain: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of a step of both, taken in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for i in range(rounds + WARM):
        for found, step in zip(times, (ours, plain), strict=True):
            started = time.perf_counter()
            step()
            if i >= WARM:
                found.append(time.perf_counter() - started)
    return median(times[0]), median(times[1])


def row(name: str, share: float, ours: float, plain: float) -> str:
    return f"| {name} | {share:.0%} | {ours:.1f} | {plain:.1f} | {ours / plain:.2f} |"


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


if __name__ == "__main__":
    main()
