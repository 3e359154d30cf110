"""Discriminators that tell how real a picture is and how well it matches its description."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.layers import ConditionMapper, SeeBlock
from packshot.families.common.perceptual import TAPS, Maps

# Pictures are enlarged to at least this side before lite0, which was trained at 224 pixels, sees them.
_SEEN_SIDE = 64


class Discriminator(nn.Module, ABC):
    """How real a picture is and how well it matches its description (Miyato and Koyama 2018, eq. 4).

    It works in two steps, so that penalties can be taken at what is seen.

    Attributes:
        unit: a change in the numbers that are seen that is about as large as one of 1 in pixels.
    """

    unit = 1.0

    @abstractmethod
    def see(self, pixels: Tensor) -> list[Tensor]:
        """Pixels (n, 3, s, s) to the maps that are judged; nothing in it learns, so that what was seen stays seen."""

    @abstractmethod
    def judge(self, seen: list[Tensor], condition: Tensor) -> Tensor:
        """Maps of n pictures and their conditions to scores (heads, n, n): each picture under each one's condition, its
        own on the diagonal."""

    def forward(self, pixels: Tensor, condition: Tensor) -> Tensor:
        """Pixels (n, 3, s, s) to scores (heads, n) under their own conditions."""
        return own(self.judge(self.see(pixels), condition))


def own(scores: Tensor) -> Tensor:
    """(heads, n) of scores (heads, n, n): pictures under their own conditions."""
    return scores.diagonal(dim1=1, dim2=2)


class FeatureDiscriminator(Discriminator):
    """Sees frozen lite0 features at four scales, each judged by a small head, for itself (Sauer et al. 2021): were the
    heads' scores averaged, the one that is surest would speak for all."""

    # The deviations of its maps are 7 to 10 on product photos, where pixels have 0.6.
    unit = 8.0

    def __init__(self, resolution: int, condition_dim: int, width: int) -> None:
        super().__init__()
        self._maps = Maps()
        self.scale = max(1, _SEEN_SIDE // resolution)
        narrow = width // 8
        self.narrow = nn.ModuleList(nn.Conv2d(c, narrow, 1) for c in TAPS.values())
        sides = [resolution * self.scale // 2**i for i in (1, 2, 3, 4)]
        self.shrink = nn.ModuleList(
            nn.Sequential(*(SeeBlock(narrow, narrow) for _ in range(int(math.log2(side // 4))))) for side in sides
        )
        self.verdicts = nn.ModuleList(Verdict(narrow, condition_dim, width) for _ in TAPS)

    def see(self, pixels: Tensor) -> list[Tensor]:
        if self.scale > 1:
            pixels = F.interpolate(pixels, scale_factor=float(self.scale), mode="bilinear", align_corners=False)
        return self._maps(pixels)

    def judge(self, seen: list[Tensor], condition: Tensor) -> Tensor:
        heads = zip(seen, self.narrow, self.shrink, self.verdicts, strict=True)
        # Penalties are gradients of gradients, which half precision would spoil; the heads are a small part of a step.
        with torch.autocast(condition.device.type, enabled=False):
            scores = [verdict(shrink(narrow(m)), condition) for m, narrow, shrink, verdict in heads]
        return torch.stack(scores)


class Verdict(nn.Module):
    """4×4 maps of n pictures and their conditions to scores (n, n), see ``Discriminator.judge``."""

    def __init__(self, channels: int, condition_dim: int, width: int) -> None:
        super().__init__()
        self.head = nn.Linear(2 * channels * 16, width)
        self.real = nn.Linear(width, 1)
        self.project = ConditionMapper(condition_dim, width)

    def forward(self, seen: Tensor, condition: Tensor) -> Tensor:
        h = F.leaky_relu(self.head(_with_spread(seen).flatten(1)), 0.2)
        return cast(Tensor, self.real(h) + h @ self.project(condition).T / h.shape[1] ** 0.5)


def _with_spread(x: Tensor, group: int = 4) -> Tensor:
    """Append every channel's spread within groups of the batch, which shows mode collapse (Karras et al. 2018).

    Where a group is of one kind (``training.group``), it shows that pictures of one description are too much alike.
    """
    n, c, h, w = x.shape
    size = group if n % group == 0 else n
    # A group of one has no spread.
    spread = (x.reshape(n // size, size, c, h, w).var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=(2, 3))
    return torch.cat([x, spread.repeat_interleave(size, dim=0)[:, :, None, None].expand(n, c, h, w)], dim=1)
