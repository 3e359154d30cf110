"""Generator and projection discriminator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.layers import ConditionMapper, Drawer, Seer
from packshot.families.gan.config import Config


class Generator(nn.Module):
    """Noise (n, latent) and condition (n, condition_dim) to pixels (n, 3, s, s) in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.condition = ConditionMapper(config.condition_dim, config.width)
        self.style = nn.Linear(config.width + config.latent, config.width)
        self.drawer = Drawer(config.latent + config.width, config.width, config.channels, config.resolution)

    def forward(self, latent: Tensor, condition: Tensor) -> Tensor:
        both = torch.cat([latent, self.condition(condition)], dim=1)
        pixels: Tensor = self.drawer(both, F.silu(self.style(both)))
        return pixels


class Discriminator(nn.Module):
    """Pixels and condition to a score (n,): how real, and how well it matches (Miyato and Koyama 2018, eq. 4)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.seer = Seer(config.channels, config.resolution)
        self.head = nn.Linear((self.seer.out_channels + 1) * 16, config.width)
        self.real = nn.Linear(config.width, 1)
        self.project = ConditionMapper(config.condition_dim, config.width)

    def forward(self, pixels: Tensor, condition: Tensor) -> Tensor:
        seen = _with_spread(self.seer(pixels)).flatten(1)
        h = F.leaky_relu(self.head(seen), 0.2)
        match = (h * self.project(condition)).sum(dim=1) / h.shape[1] ** 0.5
        score: Tensor = self.real(h)[:, 0] + match
        return score


class Network(nn.Module):
    """Both players."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = Generator(config)
        self.discriminator = Discriminator(config)


def _with_spread(x: Tensor, group: int = 4) -> Tensor:
    """Append a channel with the spread within groups of the batch, which shows mode collapse (Karras et al. 2018)."""
    n, _, h, w = x.shape
    size = group if n % group == 0 else n
    grouped = x.reshape(size, n // size, *x.shape[1:])
    # A group of one has no spread.
    spread = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return torch.cat([x, spread.repeat(size)[:, None, None, None].expand(n, 1, h, w)], dim=1)
