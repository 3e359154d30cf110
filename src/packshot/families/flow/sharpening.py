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


class Sharpening:
    """The drawing networks move first; the discriminator then judges what they drew."""

    def __init__(self, network: Network, config: Config, steps: int) -> None:
        self.network, self.config, self.adversary = network, config, Adversary(contrast=config.contrast)
        self.lead = round(steps * config.lead)
        velocity = network.model.prior
        network.teacher = copy.deepcopy(velocity).requires_grad_(False)
        network.judge.requires_grad_(True)
        self.players = (
            Player("drawing", (velocity,), betas=(0.0, 0.99)),
            Player("judge", (network.judge,), _JUDGE_RATE, betas=(0.0, 0.99)),
        )
        self._seen: list[Tensor] = []

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Losses of a player."""
        judge = self.network.judge
        if player == "judge":
            with torch.no_grad():
                real = judge.see(augment(batch.pixels))
            return self.adversary.judge(judge, real, self._seen, batch, step)
        with torch.set_grad_enabled(step >= self.lead):
            latent, before = self._walk(batch.condition)
            seen = judge.see(augment(self.network.model.decode(latent)))
        self._seen = [m.detach() for m in seen]
        if step < self.lead:
            return {}
        scores = judge.judge(seen, batch.condition)
        return {
            "drawing": self.adversary.against(own(scores)),
            "keep": self.config.keep * (latent - before).square().mean(),
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
