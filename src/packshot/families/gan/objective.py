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
        self.apart_after = round(config.apart_after * steps)
        # Momentum makes the two chase each other; Karras et al. 2018 and later leave it out.
        self.players = (
            Player("discriminator", (network.discriminator,), betas=(0.0, 0.99)),
            Player("generator", (network.generator,), betas=(0.0, 0.99)),
        )
        self.averaged = network.generator

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if player == "generator":
            drawn = self._draw(batch.condition)
            score = self.network.discriminator(augment(drawn), batch.condition)
            losses = {"generator": self._wants(score, real=True, generator=True)}
            if self.config.diversity > 0 and step >= self.apart_after and len(drawn) > 1:
                losses["diversity"] = self.config.diversity * self._sameness(drawn, batch)
            return losses
        with torch.no_grad():
            drawn, real = augment(self._draw(batch.condition)), augment(batch.pixels)
            see = self.network.discriminator.see
            seen_real, seen_drawn = see(real), see(drawn)
        return self._judge(seen_real, seen_drawn, batch.condition, step)

    def _draw(self, condition: Tensor) -> Tensor:
        latent = torch.randn(len(condition), self.config.latent, device=condition.device)
        return self.network.generator(latent, condition)

    def _sameness(self, drawn: Tensor, batch: Batch) -> Tensor:
        """How far two pictures of one description fall short of the distance asked for, 0..1.

        A discriminator that sees a description once has no objection when its noise is ignored, and it soon is.
        """
        half = len(drawn) // 2
        again = self._draw(batch.condition[:half])
        found = (drawn[:half] - again).abs().mean(dim=(1, 2, 3))
        wanted = self.config.apart * (batch.pixels - batch.pixels.roll(1, dims=0)).abs().mean()
        return F.relu(1 - found / wanted.clamp(min=1e-3)).mean()

    def _judge(self, real: list[Tensor], drawn: list[Tensor], condition: Tensor, step: int) -> Mapping[str, Tensor]:
        judge, config = self.network.discriminator.judge, self.config
        penalise = config.gamma > 0 and step % config.lazy == 0
        if penalise and config.penalty == "r1":
            real = [m.detach().requires_grad_(True) for m in real]
        # The neighbour's description; where it happens to be the same, the pair is no mismatch.
        other = condition.roll(1, dims=0)
        score, wrong = judge(real, [condition, other])
        losses = {
            "real": self._wants(score, real=True),
            "drawn": self._wants(judge(drawn, [condition])[0], real=False),
        }
        if config.mismatch > 0:
            differs = (other != condition).any(dim=1).float()
            losses["mismatch"] = config.mismatch * self._wants(wrong, real=False, weight=differs)
        if penalise:
            if config.penalty == "r1":
                penalty = 0.5 * _squared_gradient(score, real).mean()
            else:
                mix = torch.rand(len(condition), 1, 1, 1, device=condition.device)
                between = [(mix * r + (1 - mix) * d).requires_grad_(True) for r, d in zip(real, drawn, strict=True)]
                length = _squared_gradient(judge(between, [condition])[0], between).add(1e-12).sqrt()
                penalty = (length - 1).square().mean()
            losses["penalty"] = config.gamma * config.lazy * penalty
        return losses

    def _wants(self, score: Tensor, *, real: bool, generator: bool = False, weight: Tensor | None = None) -> Tensor:
        sign = -1.0 if real else 1.0
        if self.config.loss == "non-saturating":
            loss = F.softplus(sign * score)
        elif self.config.loss == "hinge" and not generator:
            loss = F.relu(1 + sign * score)
        else:
            loss = sign * score
        return loss.mean() if weight is None else (loss * weight).mean()


def _squared_gradient(score: Tensor, seen: list[Tensor]) -> Tensor:
    """(n,) squared length of the score's gradient with respect to what was seen of each picture."""
    gradients = torch.autograd.grad(score.sum(), seen, create_graph=True)
    return torch.stack([g.square().sum(dim=(1, 2, 3)) for g in gradients]).sum(dim=0)
