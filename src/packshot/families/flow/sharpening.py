"""The last stage: whole walks, judged as pictures (Sauer et al. 2024, adversarial diffusion distillation).

Distilled steps are the mean of what the teacher's steps would have been, and means are blurred. Here the few steps are
walked to their end, decoded, and shown to a discriminator beside real pictures; its gradient goes back through the
decoder and every step. What the walk led to before, from the same noise, holds it in place, so that pictures stay as
varied as they were (the regression of Yin et al. 2024, DMD, eq. 9). The decoder stands still: one that moves too
answers the discriminator with a mesh all over the picture.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from packshot.families.common.adversarial import Adversary, same
from packshot.families.common.augment import augment
from packshot.families.common.judge import own
from packshot.families.common.objective import Batch, Player
from packshot.families.flow.config import Config
from packshot.families.flow.network import Network, Velocity

# Walks of these lengths are taught.
_WALKS = (2, 4)
# The discriminator begins with nothing and has to lead what it judges (Heusel et al. 2017, two time scales).
_JUDGE_RATE = 2.0


class _Made(NamedTuple):
    """Where a step's walks have led, where they led before, and what the discriminator sees of that."""

    latent: Tensor
    before: Tensor
    seen: list[Tensor]


class Sharpening:
    """A step walks once: what the discriminator has judged in its move, the drawing network defends in the next."""

    def __init__(self, network: Network, config: Config, steps: int) -> None:
        self.network, self.config, self.adversary = network, config, Adversary(contrast=config.contrast)
        self.lead = round(steps * config.lead)
        velocity = network.model.prior
        network.teacher = copy.deepcopy(velocity).requires_grad_(False)
        network.judge.requires_grad_(True)
        self.players = (
            Player("judge", (network.judge,), _JUDGE_RATE, betas=(0.0, 0.99)),
            Player("drawing", (velocity,), betas=(0.0, 0.99)),
        )
        self._made: _Made | None = None

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Losses of a player."""
        judge = self.network.judge
        if player == "drawing":
            made, self._made = self._made, None
            assert made is not None, "the discriminator moves first"
            return self._defend(made, batch) if step >= self.lead else {}
        with torch.set_grad_enabled(step >= self.lead):
            latent, before = self._walk(batch.condition)
            seen = judge.see(augment(self.network.model.decode(latent)))
        with torch.no_grad():
            real = judge.see(augment(batch.pixels))
        self._made = _Made(latent, before, seen)
        return self.adversary.judge(judge, real, [m.detach() for m in seen], batch, step)

    def _defend(self, made: _Made, batch: Batch) -> Mapping[str, Tensor]:
        scores = self.network.judge.judge(made.seen, batch.condition)
        return {
            "drawing": self.adversary.against(own(scores)),
            "keep": self.config.keep * (made.latent - made.before).square().mean(),
            **self.adversary.told_apart("matched", scores, same(batch)),
        }

    def _walk(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Where the steps lead, now and before this stage."""
        n, side, teacher = len(condition), self.config.latent_side, self.network.teacher
        assert isinstance(teacher, Velocity)
        steps = _WALKS[int(torch.randint(len(_WALKS), (1,)))]
        start = torch.randn(n, self.config.latent_channels, side, side, device=condition.device)
        guidance = 1 + (self.config.guidance - 1) * torch.rand(n, device=condition.device)
        with torch.no_grad():
            before = walk(teacher, start, steps, guidance, condition)
        return walk(self.network.model.prior, start, steps, guidance, condition), before


def walk(velocity: Velocity, z: Tensor, steps: int, guidance: Tensor, condition: Tensor) -> Tensor:
    """From noise to latents in ``steps`` equal steps, as the sampler takes them."""
    stride = torch.full_like(guidance, 1 / steps)
    for i in range(steps):
        z = z + velocity(z, stride * i, stride, guidance, condition) / steps
    return z
