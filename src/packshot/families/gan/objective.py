"""Adversarial losses and gradient penalties."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from packshot.families.common.augment import augment
from packshot.families.common.objective import Batch, Player
from packshot.families.gan.config import Config
from packshot.families.gan.network import Network


class Objective:
    """Discriminator and generator in turn; the formulas are those of the papers named in ``Config``."""

    def __init__(self, network: Network, config: Config, stage: str, steps: int) -> None:
        self.network, self.config = network, config
        # Momentum makes the two chase each other; Karras et al. 2018 and later leave it out.
        self.players = (
            Player("discriminator", (network.discriminator,), betas=(0.0, 0.99)),
            Player("generator", (network.generator,), betas=(0.0, 0.99)),
        )
        self.averaged = network.generator

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        drawn = self._draw(batch, grad=player == "generator")
        if player == "generator":
            score = self.network.discriminator(augment(drawn), batch.condition)
            return {"generator": self._wants(score, real=True, generator=True)}
        return self._judge(batch, drawn, step)

    def _draw(self, batch: Batch, *, grad: bool) -> Tensor:
        latent = torch.randn(len(batch.pixels), self.config.latent, device=batch.pixels.device)
        with torch.set_grad_enabled(grad):
            pixels: Tensor = self.network.generator(latent, batch.condition)
        return pixels

    def _judge(self, batch: Batch, drawn: Tensor, step: int) -> Mapping[str, Tensor]:
        judge, config = self.network.discriminator, self.config
        penalise = config.gamma > 0 and step % config.lazy == 0
        real = augment(batch.pixels)
        if penalise and config.penalty == "r1":
            real = real.requires_grad_(True)
        score = judge(real, batch.condition)
        losses = {
            "real": self._wants(score, real=True),
            "drawn": self._wants(judge(augment(drawn), batch.condition), real=False),
        }
        if config.mismatch > 0:
            # The neighbour's description; where it happens to be the same, the pair is no mismatch.
            other = batch.condition.roll(1, dims=0)
            differs = (other != batch.condition).any(dim=1).float()
            wrong = self._wants(judge(real.detach(), other), real=False, weight=differs)
            losses["mismatch"] = config.mismatch * wrong
        if penalise:
            if config.penalty == "r1":
                penalty = 0.5 * _squared_gradient(score, real).mean()
            else:
                mix = torch.rand(len(real), 1, 1, 1, device=real.device)
                between = (mix * real.detach() + (1 - mix) * augment(drawn)).requires_grad_(True)
                length = _squared_gradient(judge(between, batch.condition), between).add(1e-12).sqrt()
                penalty = (length - 1).square().mean()
            losses["penalty"] = config.gamma * config.lazy * penalty
        return losses

    def _wants(
        self, score: Tensor, *, real: bool, generator: bool = False, weight: Tensor | None = None
    ) -> Tensor:
        sign = -1.0 if real else 1.0
        if self.config.loss == "non-saturating":
            loss = F.softplus(sign * score)
        elif self.config.loss == "hinge" and not generator:
            loss = F.relu(1 + sign * score)
        else:
            loss = sign * score
        return loss.mean() if weight is None else (loss * weight).mean()


def _squared_gradient(score: Tensor, pixels: Tensor) -> Tensor:
    """(n,) squared length of the score's gradient with respect to each picture."""
    (gradient,) = torch.autograd.grad(score.sum(), pixels, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))
