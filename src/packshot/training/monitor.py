"""Looks at what a model draws while it is trained: held-out distance, and diversity against mode collapse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from packshot.evaluation.diversity import spread
from packshot.evaluation.kid import kernel_distance
from packshot.evaluation.reference import Reference, evenly
from packshot.families import make_sampler, training_parts
from packshot.families.common.family import FamilyConfig, Floats, SamplingOptions, to_uint8
from packshot.generation.modes import Modes
from packshot.text.condition import Conditioner

# Pictures of held-out descriptions that are drawn at a look, and those of them that are drawn with further seeds.
_DRAWN = 160
# With fewer held-out pictures, their distance says what is going on but decides nothing: of equally good looks,
# simulated once with real features, every twelfth seemed worse than the best with 6 of them, every fiftieth with 12.
_FEWEST = 12
_REPEATED, _SEEDS = 16, 4
# Shares of the real pictures' spread. Pictures of one description are allowed to be much more alike than those of
# different ones; a model that ignores its noise has 0.
_LEAST_ACROSS, _LEAST_WITHIN = 0.3, 0.1
# Shares of the steps before which a model need not yet tell descriptions, or seeds, apart.
_ACROSS_FROM, _WITHIN_FROM = 0.4, 0.5
# A look is better than the best so far where its distance is that much lower: less may be chance. It is worse where
# not even chance explains it, which moves a distance near zero by some thousandths.
_BETTER, _WORSE, _CHANCE = 0.98, 1.3, 0.003


@dataclass(frozen=True)
class Look:
    """What a look found.

    Attributes:
        kid: kernel distance to held-out pictures in lite0 features.
        across: spread of pictures of different descriptions, as a share of the real ones'.
        within: spread of pictures of one description, as a share of the same.
        sheet: (h, w, 3) uint8, some of the pictures.
    """

    kid: float
    across: float
    within: float
    sheet: NDArray[np.uint8]


@dataclass(frozen=True)
class Monitor:
    """Draws with a model in training, and says whether it has collapsed and whether it still improves.

    Attributes:
        family: of the model.
        architecture: of the model.
        reference: the real pictures.
        conditioner: how descriptions are encoded.
        looks: how many there are in a stage; 0 for none.
        patience: looks without improvement after which the learning rate falls early; 0 for never.
        forgiving: whether a collapse is only warned of.
        options: how pictures are drawn.
        modes: of the catalog, where the model is told of them.
    """

    family: str
    architecture: FamilyConfig
    reference: Reference
    conditioner: Conditioner
    looks: int
    patience: int
    forgiving: bool = False
    options: SamplingOptions = field(default_factory=SamplingOptions)
    modes: Modes | None = None

    def due(self, step: int, steps: int) -> bool:
        """Whether to look after that step."""
        return self.looks > 0 and step in {round(steps * (i + 1) / self.looks) for i in range(self.looks)}

    def look(self, model: nn.Module) -> Look:
        """Draw held-out descriptions with ``model``, the average."""
        # Few descriptions are drawn several times, with other seeds: what changes between looks is then the model.
        chosen = list(islice(cycle(evenly(len(self.reference.rows["test"]), _DRAWN)), _DRAWN))
        repeated = evenly(len(chosen), _REPEATED)
        wanted = [(i, i) for i in range(len(chosen))]
        wanted += [(i, len(chosen) + seed) for i in repeated for seed in range(_SEEDS - 1)]
        # All of one description in one mode, so that it shows when the noise alone changes nothing.
        modes = [i for i, _ in wanted]
        pictures = self._draw(model, [chosen[i] for i in modes], [seed for _, seed in wanted], modes)
        features = self.reference.features.embed(pictures)
        first, real = features[: len(chosen)], self.reference.held_out
        whole = max(spread(real), 1e-9)
        more = features[len(chosen) :].reshape(len(repeated), _SEEDS - 1, -1)
        alike = [spread(np.concatenate([first[i : i + 1], group])) for i, group in zip(repeated, more, strict=True)]
        across, within = spread(first) / whole, float(np.mean(alike)) / whole
        return Look(kernel_distance(real, first), across, within, _sheet(pictures[: len(chosen)]))

    def collapsed(self, across: float, within: float, done: float = 1.0) -> str | None:
        """What has collapsed, in words, or None.

        Args:
            across, within: of a look.
            done: share of the steps; early on a model need not yet tell anything apart.
        """
        if done >= _ACROSS_FROM and across < _LEAST_ACROSS:
            return f"pictures of different descriptions are alike ({across:.2f} of the real spread)"
        if done >= _WITHIN_FROM and within < _LEAST_WITHIN:
            return f"pictures of one description are alike ({within:.2f} of the real spread)"
        return None

    def tired(self, kids: Sequence[float]) -> bool:
        """Whether the distances found so far have stopped falling for long enough."""
        return self._steers and 0 < self.patience <= len(kids) - 1 - best_of(kids)

    def worse(self, kids: Sequence[float]) -> bool:
        """Whether the last distance is higher than the lowest by more than chance explains."""
        return self._steers and kids[-1] > _WORSE * max(kids[best_of(kids)], 0.0) + _CHANCE

    @property
    def _steers(self) -> bool:
        return len(self.reference.rows["test"]) >= _FEWEST

    def _draw(
        self, model: nn.Module, which: Sequence[int], seeds: Sequence[int], modes: Sequence[int]
    ) -> list[NDArray[np.uint8]]:
        texts, known = self.reference.descriptions("test"), self.reference.attributes("test")
        conditions = self.conditioner.encode([texts[i][i % 2] for i in which], [known[i] for i in which])
        if self.modes is not None:
            conditions = self.modes.told(conditions, self.modes.drawn(conditions, modes))
        run = _runner(training_parts(self.family).export(model, self.architecture))
        sampler = make_sampler(self.family, self.architecture, run)
        options = self.options
        pictures: list[NDArray[np.uint8]] = []
        for start in range(0, len(which), 16):
            part = slice(start, start + 16)
            pictures.extend(to_uint8(sampler.sample(conditions[part], seeds[part], options)))
        return pictures


def best_of(kids: Sequence[float]) -> int:
    """Position of the lowest distance, the first of those that differ by no more than chance."""
    best = 0
    for i, kid in enumerate(kids):
        # A distance may be estimated below 0, where there is nothing left to tell.
        if kid < kids[best] - (1 - _BETTER) * abs(kids[best]):
            best = i
    return best


def _runner(exported: Mapping[str, Any]) -> Callable[[str, Mapping[str, Floats]], list[Floats]]:
    """Modules that are to be exported, run as a sampler wants its graphs run."""

    @torch.no_grad()
    def run(name: str, inputs: Mapping[str, Floats]) -> list[Floats]:
        module, order, _ = exported[name]
        device = next(module.parameters()).device
        out = module(*(torch.from_numpy(np.ascontiguousarray(inputs[key])).to(device) for key in order))
        return [t.float().cpu().numpy() for t in (out if isinstance(out, tuple) else (out,))]

    return run


def _sheet(pictures: Sequence[NDArray[np.uint8]], across: int = 8) -> NDArray[np.uint8]:
    kept = [pictures[i] for i in evenly(len(pictures), across * across)]
    rows = [np.concatenate(kept[i : i + across], axis=1) for i in range(0, len(kept) - across + 1, across)]
    return np.concatenate(rows) if rows else np.concatenate(kept, axis=1)
