"""The evidence lower bound with an optimal decoder variance, and a perceptual term."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from packshot.families.common.objective import Batch, Player
from packshot.families.common.perceptual import PerceptualDistance
from packshot.families.vae.config import Config
from packshot.families.vae.network import Gaussian, Network


class Objective:
    """Reconstruction + KL.

    The reconstruction term is the Gaussian likelihood at the variance that maximises it, D/2 · log MSE (Rybkin et
    al. 2021, "Simple and effective VAE training with calibrated decoders", eq. 5), so that its balance with the KL
    term needs no tuning. Everything is divided by D, the number of values in a picture.
    """

    def __init__(self, network: Network, config: Config, stage: str, steps: int) -> None:
        self.network, self.config = network, config
        self.fade = max(1, round(config.warmup * steps))
        self.players = (Player("vae", (network,)),)
        self.averaged = network
        self.perceptual = PerceptualDistance() if config.perceptual > 0 else None

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        posterior = self.network.encode(batch.pixels, batch.condition)
        prior = self.network.prior(batch.condition)
        drawn = self.network.decode(posterior.sample(), batch.condition)
        size = batch.pixels[0].numel()
        error = (drawn - batch.pixels).square().mean()
        beta = self.config.beta * min(1.0, (step + 1) / self.fade)
        losses = {
            "reconstruction": 0.5 * torch.log(error + 1e-5),
            "kl": beta * kl(posterior, prior).mean() / size,
        }
        if self.perceptual is not None:
            losses["perceptual"] = self.config.perceptual * self.perceptual(drawn, batch.pixels)
        return losses


def kl(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q‖p) in nats, (n,), of diagonal Gaussians."""
    ratio = q.log_variance - p.log_variance
    distance = (q.mean - p.mean).square() * torch.exp(-p.log_variance)
    return 0.5 * (torch.exp(ratio) + distance - 1 - ratio).sum(dim=1)
