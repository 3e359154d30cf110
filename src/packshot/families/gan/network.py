"""Generator and projection discriminator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.judge import Discriminator, FeatureDiscriminator, Verdict
from packshot.families.common.layers import ConditionMapper, Drawer, Seer
from packshot.families.gan.config import Config


class Generator(nn.Module):
    """Noise (n, latent) and condition (n, condition_dim) to pixels (n, 3, s, s) in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.condition = ConditionMapper(config.condition_dim, config.width)
        self.style = nn.Linear(config.width + config.latent, config.width)
        vector = config.latent + config.width
        self.drawer = Drawer(vector, config.width, config.channels, config.resolution, patch=config.patch)

    def forward(self, latent: Tensor, condition: Tensor) -> Tensor:
        both = torch.cat([latent, self.condition(condition)], dim=1)
        pixels: Tensor = self.drawer(both, F.silu(self.style(both)))
        return pixels


class PixelDiscriminator(Discriminator):
    """Sees pixels, through a network of its own."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.seer = Seer(config.channels, config.resolution, patch=config.patch)
        self.verdict = Verdict(self.seer.out_channels, config.condition_dim, config.width)

    def see(self, pixels: Tensor) -> list[Tensor]:
        return [pixels]

    def judge(self, seen: list[Tensor], condition: Tensor) -> Tensor:
        scores: Tensor = self.verdict(self.seer(seen[0]), condition)
        return scores[None]


class Network(nn.Module):
    """Both players; a model that is adapted has its generator of before as a teacher."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = Generator(config)
        self.discriminator: Discriminator = (
            PixelDiscriminator(config)
            if config.judge == "pixels"
            else FeatureDiscriminator(config.resolution, config.condition_dim, config.width)
        )
        self.teacher: Generator | None = Generator(config).requires_grad_(False) if config.rehearse else None
