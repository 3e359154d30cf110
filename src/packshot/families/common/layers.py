"""Building blocks that several families draw with."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Self-attention costs the square of its pixels: at 16×16 it took 40 % of a step on two CPU cores, at 8×8 under 5 %.
ATTENTION_SIDE = 8


class ConditionMapper(nn.Module):
    """Condition vectors (n, dim) to modulation vectors (n, width)."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(dim, width), nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )

    def forward(self, condition: Tensor) -> Tensor:
        return cast(Tensor, self.net(condition))


class ModulatedNorm(nn.Module):
    """Group normalisation whose scale and shift come from a vector (FiLM: Perez et al. 2018)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(8, channels), channels, affine=False)
        self.affine = nn.Linear(width, 2 * channels)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        scale, shift = self.affine(style)[:, :, None, None].chunk(2, dim=1)
        return cast(Tensor, self.norm(x) * (1 + scale) + shift)


class DrawBlock(nn.Module):
    """Residual block with modulated normalisation; may double the side first."""

    def __init__(self, inside: int, outside: int, width: int, *, up: bool) -> None:
        super().__init__()
        self.up = up
        self.norm1, self.norm2 = ModulatedNorm(inside, width), ModulatedNorm(outside, width)
        self.conv1, self.conv2 = (
            nn.Conv2d(inside, outside, 3, padding=1),
            nn.Conv2d(outside, outside, 3, padding=1),
        )
        self.skip = nn.Conv2d(inside, outside, 1, bias=False) if inside != outside else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        y = F.silu(self.norm1(x, style))
        if self.up:
            x, y = (F.interpolate(t, scale_factor=2.0, mode="nearest") for t in (x, y))
        y = self.conv2(F.silu(self.norm2(self.conv1(y), style)))
        return cast(Tensor, self.skip(x) + y)


class SelfAttention(nn.Module):
    """Self-attention over the pixels of a small map, added to it (Zhang et al. 2019, SAGAN, eq. 1-3)."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(math.gcd(8, channels), channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(cast(Tensor, self.out.bias))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        q, k, v = (t.reshape(n, self.heads, c // self.heads, h * w) for t in self.qkv(self.norm(x)).chunk(3, dim=1))
        # Written out, because the fused form has no second derivative, which gradient penalties need.
        weights = torch.softmax(q.transpose(2, 3) @ k * (c // self.heads) ** -0.5, dim=-1)
        y = (v @ weights.transpose(2, 3)).reshape(n, c, h, w)
        return cast(Tensor, x + self.out(y))


class SeeBlock(nn.Module):
    """Residual block without normalisation that halves the side, for encoders and discriminators."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (
            nn.Conv2d(inside, inside, 3, padding=1),
            nn.Conv2d(inside, outside, 3, padding=1),
        )
        self.skip = nn.Conv2d(inside, outside, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.leaky_relu(self.conv1(F.leaky_relu(x, 0.2)), 0.2))
        return cast(Tensor, (self.skip(F.avg_pool2d(x, 2)) + F.avg_pool2d(y, 2)) * math.sqrt(0.5))


class Drawer(nn.Module):
    """A vector to a picture: 4×4 map, blocks that double its side, self-attention at 8×8, three channels.

    Args:
        vector: length of the vector that the first map is made from.
        width: length of the modulation vector.
        channels: at the largest map; see ``channel_ladder``.
        patch: pixels a side that one place of the largest map stands for (Shi et al. 2016, sub-pixel convolution).
    """

    def __init__(self, vector: int, width: int, channels: int, resolution: int, *, patch: int = 1) -> None:
        super().__init__()
        self.patch = patch
        sizes = channel_ladder(channels, resolution // patch)
        self.first = nn.Linear(vector, sizes[0] * 16)
        blocks: list[nn.Module] = [DrawBlock(sizes[0], sizes[0], width, up=False)]
        self.attend_after = -1
        for i, (inside, outside) in enumerate(pairwise(sizes)):
            blocks.append(DrawBlock(inside, outside, width, up=True))
            if 4 * 2 ** (i + 1) == ATTENTION_SIDE:
                self.attend_after = len(blocks) - 1
                self.attention = SelfAttention(outside)
        self.blocks = nn.ModuleList(blocks)
        self.last_norm = nn.GroupNorm(math.gcd(8, sizes[-1]), sizes[-1])
        self.last = nn.Conv2d(sizes[-1], 3 * patch**2, 3, padding=1)
        weights = torch.tensor([1.0, 4.0, 1.0]) / 6
        self.register_buffer("smooth", (weights[:, None] * weights).expand(3, 1, 3, 3).clone(), persistent=False)
        self.smooth: Tensor

    def forward(self, vector: Tensor, style: Tensor) -> Tensor:
        x = self.first(vector).reshape(vector.shape[0], -1, 4, 4)
        for i, block in enumerate(self.blocks):
            x = block(x, style)
            if i == self.attend_after:
                x = self.attention(x)
        x = F.pixel_shuffle(self.last(F.silu(self.last_norm(x))), self.patch)
        if self.patch > 1:
            # A chequerboard between the pixels of one place is easy to draw and hard to see for a discriminator.
            x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), self.smooth, groups=3)
        return torch.tanh(x)


class Seer(nn.Module):
    """A picture to a 4×4 map of ``8 * channels`` channels or fewer; self-attention at 8×8."""

    def __init__(self, channels: int, resolution: int, *, patch: int = 1) -> None:
        super().__init__()
        self.patch = patch
        sizes = channel_ladder(channels, resolution // patch)[::-1]
        self.out_channels = sizes[-1]
        self.first = nn.Conv2d(3 * patch**2, sizes[0], 3, padding=1)
        self.blocks = nn.ModuleList(SeeBlock(a, b) for a, b in pairwise(sizes))
        self.attend_after = -1
        for i in range(len(self.blocks)):
            if resolution // patch // 2 ** (i + 1) == ATTENTION_SIDE:
                self.attend_after, self.attention = i, SelfAttention(sizes[i + 1])

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(F.pixel_unshuffle(x, self.patch))
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i == self.attend_after:
                x = self.attention(x)
        return F.leaky_relu(x, 0.2)


def channel_ladder(channels: int, resolution: int) -> list[int]:
    """Channels at 4, 8, …, ``resolution`` pixels: at most eight times as many at 4 pixels as further out.

    The first entries are the same at every resolution from 32 on, so that a network can grow by a block at its end.
    """
    steps = int(math.log2(resolution // 4))
    first = min(channels * 2**steps, channels * 8)
    return [max(first // 2**i, channels) for i in range(steps + 1)]
