"""Encoder, decoder and text-conditioned prior (Kingma and Welling 2014; conditional: Sohn et al. 2015)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from packshot.families.common.layers import ConditionMapper, Drawer, Seer
from packshot.families.vae.config import Config


class Gaussian(NamedTuple):
    """Diagonal Gaussian: mean and log of the variance, (n, latent) each."""

    mean: Tensor
    log_variance: Tensor

    def sample(self) -> Tensor:
        return self.mean + torch.exp(0.5 * self.log_variance) * torch.randn_like(self.mean)


class Network(nn.Module):
    """All that the family trains.

    Shapes: pixels (n, 3, s, s) in [-1, 1]; condition (n, condition_dim); latents (n, latent).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, latent = config.width, config.latent
        self.seer = Seer(config.channels, config.resolution, patch=config.patch)
        self.see_condition = ConditionMapper(config.condition_dim, width)
        self.posterior_head = nn.Sequential(
            nn.Linear(self.seer.out_channels * 16 + width, 2 * width),
            nn.SiLU(),
            nn.Linear(2 * width, 2 * latent),
        )
        self.prior_condition = ConditionMapper(config.condition_dim, width)
        self.prior_head = nn.Linear(width, 2 * latent)
        self.draw_condition = ConditionMapper(config.condition_dim, width)
        self.draw_style = nn.Linear(width + latent, width)
        self.drawer = Drawer(latent + width, width, config.channels, config.resolution, patch=config.patch)

    def encode(self, pixels: Tensor, condition: Tensor) -> Gaussian:
        """The posterior q(z | picture, condition)."""
        seen = torch.cat([self.seer(pixels).flatten(1), self.see_condition(condition)], dim=1)
        return _gaussian(self.posterior_head(seen))

    def prior(self, condition: Tensor) -> Gaussian:
        """p(z | condition)."""
        return _gaussian(self.prior_head(self.prior_condition(condition)))

    def decode(self, latent: Tensor, condition: Tensor) -> Tensor:
        """Pixels from a latent."""
        both = torch.cat([latent, self.draw_condition(condition)], dim=1)
        pixels: Tensor = self.drawer(both, torch.nn.functional.silu(self.draw_style(both)))
        return pixels


def _gaussian(parameters: Tensor) -> Gaussian:
    mean, log_variance = parameters.chunk(2, dim=1)
    # Beyond these bounds exp() or its inverse overflow the KL term.
    return Gaussian(mean, log_variance.clamp(-8.0, 4.0))
