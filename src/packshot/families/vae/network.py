"""An autoencoder, and above its latent map a vector with a text-conditioned prior.

Kingma and Welling 2014; conditional: Sohn et al. 2015; two stages: Dai and Wipf 2019, section 4.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.autoencoder import Gaussian, gaussian
from packshot.families.common.latent_network import LatentModel, LatentNetwork
from packshot.families.common.layers import ConditionMapper, DrawBlock, SeeBlock, SelfAttention
from packshot.families.vae.config import Config

_FIRST = 4


class Prior(nn.Module):
    """The vector's side of the model.

    Shapes: condition (n, condition_dim); vectors u (n, latent); latent maps z (n, c, side, side), standardised.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, latent, hidden, side = config.width, config.latent, config.hidden, config.latent_side
        self.condition = ConditionMapper(config.condition_dim, width)
        self.guess = nn.Linear(width, 2 * latent)
        sees: list[nn.Module] = [nn.Conv2d(config.latent_channels, hidden, 3, padding=1)]
        draws: list[nn.Module] = [DrawBlock(hidden, hidden, width, up=False)]
        while side > _FIRST:
            sees.append(SeeBlock(hidden, hidden))
            draws.append(DrawBlock(hidden, hidden, width, up=True))
            side //= 2
        self.sees = nn.Sequential(*sees)
        self.judge = nn.Sequential(
            nn.Linear(hidden * _FIRST**2 + width, 2 * width), nn.SiLU(), nn.Linear(2 * width, 2 * latent)
        )
        self.first = nn.Linear(latent + width, hidden * _FIRST**2)
        self.style = nn.Linear(latent + width, width)
        self.draws = nn.ModuleList(draws)
        self.attention = SelfAttention(hidden)
        self.finish = DrawBlock(hidden, hidden, width, up=False)
        self.last = nn.Conv2d(hidden, config.latent_channels, 3, padding=1)

    def prior(self, condition: Tensor) -> Gaussian:
        """p(u | condition)."""
        return gaussian(self.guess(self.condition(condition)))

    def posterior(self, z: Tensor, condition: Tensor) -> Gaussian:
        """q(u | z, condition)."""
        seen = F.leaky_relu(self.sees(z), 0.2).flatten(1)
        return gaussian(self.judge(torch.cat([seen, self.condition(condition)], dim=1)))

    def draw(self, u: Tensor, condition: Tensor) -> Tensor:
        """The mean of p(z | u, condition)."""
        both = torch.cat([u, self.condition(condition)], dim=1)
        style = F.silu(self.style(both))
        x = self.first(both).reshape(u.shape[0], -1, _FIRST, _FIRST)
        for block in self.draws:
            x = block(x, style)
        return cast(Tensor, self.last(F.silu(self.finish(self.attention(x), style))))


class Network(LatentNetwork[Prior]):
    """All that the family trains."""

    def __init__(self, config: Config) -> None:
        super().__init__(LatentModel(config, Prior(config)))
