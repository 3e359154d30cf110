"""Generator and projection discriminator."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.layers import ConditionMapper, Drawer, SeeBlock, Seer
from packshot.families.common.lite0 import load_lite0
from packshot.families.gan.config import Config

# Pictures are enlarged to at least this side before lite0, which was trained at 224 pixels, sees them.
_SEEN_SIDE = 64
# Block of lite0 → its channels; maps of a half, a quarter, an eighth and a sixteenth of the side.
_TAPS = {0: 16, 2: 24, 4: 40, 10: 112}


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


class Discriminator(nn.Module, ABC):
    """How real a picture is and how well it matches its description (Miyato and Koyama 2018, eq. 4).

    It works in two steps, so that penalties can be taken at what is seen.
    """

    @abstractmethod
    def see(self, pixels: Tensor) -> list[Tensor]:
        """Pixels (n, 3, s, s) to the maps that are judged."""

    @abstractmethod
    def judge(self, seen: list[Tensor], conditions: Sequence[Tensor]) -> list[Tensor]:
        """Maps, and any number of conditions, to scores (n,) under each: the maps are gone through once."""

    def forward(self, pixels: Tensor, condition: Tensor) -> Tensor:
        return self.judge(self.see(pixels), [condition])[0]


class PixelDiscriminator(Discriminator):
    """Sees pixels, through a network of its own."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.seer = Seer(config.channels, config.resolution, patch=config.patch)
        self.verdict = Verdict(self.seer.out_channels, config)

    def see(self, pixels: Tensor) -> list[Tensor]:
        return [pixels]

    def judge(self, seen: list[Tensor], conditions: Sequence[Tensor]) -> list[Tensor]:
        return self.verdict(self.seer(seen[0]), conditions)


class FeatureDiscriminator(Discriminator):
    """Sees frozen lite0 features at four scales, each judged by a small head (Sauer et al. 2021)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        # Not a submodule: frozen, shared and never saved.
        self._lite0 = [load_lite0()]
        self.scale = max(1, _SEEN_SIDE // config.resolution)
        narrow = config.width // 8
        self.narrow = nn.ModuleList(nn.Conv2d(c, narrow, 1) for c in _TAPS.values())
        sides = [config.resolution * self.scale // 2**i for i in (1, 2, 3, 4)]
        self.shrink = nn.ModuleList(
            nn.Sequential(*(SeeBlock(narrow, narrow) for _ in range(int(math.log2(side // 4))))) for side in sides
        )
        self.verdicts = nn.ModuleList(Verdict(narrow, config) for _ in _TAPS)

    def see(self, pixels: Tensor) -> list[Tensor]:
        if self.scale > 1:
            pixels = F.interpolate(pixels, scale_factor=float(self.scale), mode="bilinear", align_corners=False)
        return self._lite0[0].to(pixels.device).maps(pixels, tuple(_TAPS))

    def judge(self, seen: list[Tensor], conditions: Sequence[Tensor]) -> list[Tensor]:
        heads = zip(seen, self.narrow, self.shrink, self.verdicts, strict=True)
        scores = [verdict(shrink(narrow(m)), conditions) for m, narrow, shrink, verdict in heads]
        return [torch.stack(scale).mean(dim=0) for scale in zip(*scores, strict=True)]


class Verdict(nn.Module):
    """A 4×4 map and conditions to a score (n,) under each."""

    def __init__(self, channels: int, config: Config) -> None:
        super().__init__()
        self.head = nn.Linear((channels + 1) * 16, config.width)
        self.real = nn.Linear(config.width, 1)
        self.project = ConditionMapper(config.condition_dim, config.width)

    def forward(self, seen: Tensor, conditions: Sequence[Tensor]) -> list[Tensor]:
        h = F.leaky_relu(self.head(_with_spread(seen).flatten(1)), 0.2)
        real = self.real(h)[:, 0]
        return [real + (h * self.project(c)).sum(dim=1) / h.shape[1] ** 0.5 for c in conditions]


class Network(nn.Module):
    """Both players."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = Generator(config)
        self.discriminator: Discriminator = (
            PixelDiscriminator(config) if config.judge == "pixels" else FeatureDiscriminator(config)
        )


def _with_spread(x: Tensor, group: int = 4) -> Tensor:
    """Append a channel with the spread within groups of the batch, which shows mode collapse (Karras et al. 2018)."""
    n, _, h, w = x.shape
    size = group if n % group == 0 else n
    grouped = x.reshape(size, n // size, *x.shape[1:])
    # A group of one has no spread.
    spread = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return torch.cat([x, spread.repeat(size)[:, None, None, None].expand(n, 1, h, w)], dim=1)
