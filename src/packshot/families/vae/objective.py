"""The autoencoder's losses, then the evidence lower bound of the vector above its map."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from packshot.families.common.autoencoder import Gaussian
from packshot.families.common.latent_network import LatentObjective
from packshot.families.common.objective import Batch, Player
from packshot.families.vae.config import Config
from packshot.families.vae.network import Network


class Objective(LatentObjective):
    """First stage: reconstruction. Second stage: reconstruction of the latent map + KL, and looks at the picture.

    The map's reconstruction term is the Gaussian likelihood at the variance that maximises it, D/2 · log MSE (Rybkin et
    al. 2021, "Simple and effective VAE training with calibrated decoders", eq. 5), so that its balance with the KL
    term needs no tuning. Everything is divided by D, the number of values in a map.
    """

    def __init__(self, network: Network, config: Config, stage: str, steps: int) -> None:
        super().__init__(network, config, stage, steps)
        self.config = config
        self.fade = max(1, round(config.warmup * steps))
        if stage == "prior":
            self.players = (Player("vae", (network.model.prior,)), *self.critics)

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._bound(batch, step) if player == "vae" else super().losses(player, batch, step)

    def _bound(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        assert batch.latents is not None
        z, condition, model = batch.latents, batch.condition, self.network.model
        posterior, prior = model.prior.posterior(z, condition), model.prior.prior(condition)
        drawn = model.prior.draw(posterior.sample(), condition)
        error = (drawn - z).square().mean()
        beta = self.config.beta * min(1.0, (step + 1) / self.fade)
        divergence = kl(posterior, prior).mean(dim=0).clamp(min=self.config.free_bits).sum()
        losses = {"reconstruction": 0.5 * torch.log(error + 1e-5), "kl": beta * divergence / z[0].numel()}
        return losses | self.reconstruction.look(model.decode(drawn), batch.pixels, step)


def kl(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q‖p) in nats of diagonal Gaussians, number by number."""
    ratio = q.log_variance - p.log_variance
    distance = (q.mean - p.mean).square() * torch.exp(-p.log_variance)
    return 0.5 * (torch.exp(ratio) + distance - 1 - ratio)
