"""A picture to a small map of latents and back, fully convolutional (Rombach et al. 2022, section 3.1).

It has no layer that knows the picture's side, so it can be trained on crops and used on whole pictures.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# The outermost pixels go into channels at once: convolutions at full side cost most and see least.
_PATCH = 2


class Gaussian(NamedTuple):
    """Diagonal Gaussian: mean and log of the variance, of one shape."""

    mean: Tensor
    log_variance: Tensor

    def sample(self) -> Tensor:
        return self.mean + torch.exp(0.5 * self.log_variance) * torch.randn_like(self.mean)


def gaussian(parameters: Tensor) -> Gaussian:
    """From means and log variances, joined along the second dimension."""
    mean, log_variance = parameters.chunk(2, dim=1)
    # Beyond these bounds exp() or its inverse overflow the KL term.
    return Gaussian(mean, log_variance.clamp(-10.0, 4.0))


class ResidualBlock(nn.Module):
    """Two normalised convolutions, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        groups = math.gcd(8, channels)
        self.norm1, self.norm2 = nn.GroupNorm(groups, channels), nn.GroupNorm(groups, channels)
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x)))))))


class Autoencoder(nn.Module):
    """Pixels (n, 3, s, s) in [-1, 1] to latents (n, c, s/8, s/8) and back.

    Args:
        channels: at half of the picture's side; twice and three times as many further in.
        latent_channels: c.
    """

    def __init__(self, channels: int, latent_channels: int) -> None:
        super().__init__()
        widths = (channels, 2 * channels, 3 * channels)
        down: list[nn.Module] = [nn.Conv2d(3 * _PATCH**2, channels, 3, padding=1), ResidualBlock(channels)]
        for inside, outside in pairwise(widths):
            down += [nn.Conv2d(inside, outside, 3, stride=2, padding=1), ResidualBlock(outside)]
        self.down = nn.Sequential(*down)
        self.to_latent = nn.Conv2d(widths[-1], 2 * latent_channels, 3, padding=1)
        up: list[nn.Module] = [nn.Conv2d(latent_channels, widths[-1], 3, padding=1)]
        for inside, outside in pairwise(reversed(widths)):
            up += [
                ResidualBlock(inside),
                ResidualBlock(inside),
                nn.Conv2d(inside, outside, 1),
                nn.Upsample(scale_factor=2),
            ]
        up += [ResidualBlock(channels), ResidualBlock(channels)]
        self.up = nn.Sequential(*up)
        self.to_pixels = nn.Conv2d(channels, 3 * _PATCH**2, 3, padding=1)

    def encode(self, pixels: Tensor) -> Gaussian:
        """The posterior q(z | picture)."""
        return gaussian(self.to_latent(F.silu(self.down(F.pixel_unshuffle(pixels, _PATCH)))))

    def decode(self, latent: Tensor) -> Tensor:
        """Pixels in about [-1, 1]."""
        return F.pixel_shuffle(self.to_pixels(F.silu(self.up(latent))), _PATCH)
