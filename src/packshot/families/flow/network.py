"""The velocity of a rectified flow, as a transformer over the patches of a latent map."""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.judge import FeatureDiscriminator
from packshot.families.common.latent_network import LatentModel, LatentNetwork
from packshot.families.common.layers import ConditionMapper
from packshot.families.common.perceptual import TAPS
from packshot.families.flow.config import Config

_WAVES = 64
# Channels of the coarsest of lite0's maps, a sixteenth of the picture's side: a place for each token of two latents.
SEEN_CHANNELS = list(TAPS.values())[-1]


class Block(nn.Module):
    """Self-attention and an MLP, both modulated and gated (adaLN-Zero: Peebles and Xie 2023, figure 3)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        # Without it attention grows until training breaks (Esser et al. 2024, section 5.3.2).
        self.norm_q, self.norm_k = (nn.RMSNorm(width // heads, eps=1e-6) for _ in range(2))
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(style)[:, None].chunk(6, dim=2)
        x = x + gate1 * self._attend(self.norm(x) * (1 + scale1) + shift1)
        return cast(Tensor, x + gate2 * self.mlp(self.norm(x) * (1 + scale2) + shift2))

    def _attend(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(self.norm_q(q), self.norm_k(k), v)
        return cast(Tensor, self.out(y.transpose(1, 2).reshape(n, tokens, width)))


class Waves(nn.Module):
    """A number (n,) to a vector (n, width), by sines and cosines of many frequencies (Vaswani et al. 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.exp(torch.linspace(0, math.log(1000.0), _WAVES)), persistent=False)
        self.frequencies: Tensor
        self.first, self.last = nn.Linear(2 * _WAVES, width), nn.Linear(width, width)

    def forward(self, number: Tensor) -> Tensor:
        angle = number[:, None] * self.frequencies
        return cast(Tensor, self.last(F.silu(self.first(torch.cat([angle.sin(), angle.cos()], dim=1)))))


class Velocity(nn.Module):
    """Velocity of a latent map on its way from noise (time 0) to a picture (time 1).

    Args of a call:
        z: (n, c, side, side), standardised.
        time: (n,) 0..1.
        stride: (n,) 0..1, how far the step is to lead; 0 asks for the velocity at this very place.
        guidance: (n,) ≥ 1, how much the description is to be stressed; 1 leaves the velocity as it was learned.
        condition: (n, condition_dim).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.patch, side = config.patch, config.latent_side // config.patch
        numbers, width = config.latent_channels * config.patch**2, config.width
        self.first = nn.Linear(numbers, width)
        self.place = nn.Parameter(torch.randn(1, side**2, width) * 0.02)
        self.condition = ConditionMapper(config.condition_dim, width)
        self.words = nn.Linear(width, config.words * width) if config.words else None
        self.time, self.stride, self.stress = Waves(width), Waves(width), Waves(width)
        # The two that only distillation teaches say nothing until then.
        for waves in (self.stride, self.stress):
            nn.init.zeros_(waves.last.weight)
            nn.init.zeros_(waves.last.bias)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.modulation = nn.Linear(width, 2 * width)
        self.last = nn.Linear(width, numbers)
        for layer in (self.modulation, self.last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Tensor, time: Tensor, stride: Tensor, guidance: Tensor, condition: Tensor) -> Tensor:
        return self.with_middle(z, time, stride, guidance, condition)[0]

    def with_middle(
        self, z: Tensor, time: Tensor, stride: Tensor, guidance: Tensor, condition: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The velocity, and the tokens (n, places, width) after the first third of the blocks."""
        n, _, height, width = z.shape
        told = self.condition(condition)
        style = F.silu(told + self.time(time) + self.stride(stride) + self.stress(guidance - 1))
        # (n, c·p·p, h/p, w/p) to a token a place.
        x = self.first(F.pixel_unshuffle(z, self.patch).flatten(2).transpose(1, 2)) + self.place
        tokens = x.shape[1]
        if self.words is not None:
            x = torch.cat([x, self.words(told).reshape(n, -1, x.shape[2])], dim=1)
        middle = x
        for i, block in enumerate(self.blocks):
            x = block(x, style)
            if i == (len(self.blocks) - 1) // 3:
                middle = x[:, :tokens]
        shift, scale = self.modulation(style)[:, None].chunk(2, dim=2)
        x = self.last(self.norm(x[:, :tokens]) * (1 + scale) + shift)
        maps = x.transpose(1, 2).reshape(n, -1, height // self.patch, width // self.patch)
        return F.pixel_shuffle(maps, self.patch), middle


class Network(LatentNetwork[Velocity]):
    """All that the family trains; the prior is the velocity, and distillation adds its teacher.

    ``align`` guesses standardised lite0 features from the transformer's middle; ``judge`` tells real from drawn.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(LatentModel(config, Velocity(config)))
        self.align = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, SEEN_CHANNELS)
        )
        self.register_buffer("seen_mean", torch.zeros(SEEN_CHANNELS))
        self.register_buffer("seen_deviation", torch.ones(SEEN_CHANNELS))
        self.seen_mean: Tensor
        self.seen_deviation: Tensor
        self.judge = FeatureDiscriminator(config.resolution, config.condition_dim, config.judge_width)
        self.teacher: Velocity | None = None
