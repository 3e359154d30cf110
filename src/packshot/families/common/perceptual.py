"""Frozen lite0 feature maps: a distance in them, and a critic that judges them place by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.lite0 import load_lite0

# Block of lite0 → its channels; maps of a half, a quarter, an eighth and a sixteenth of the picture's side.
TAPS = {0: 16, 2: 24, 4: 40, 10: 112}


class Maps:
    """Pictures (n, 3, s, s) in [-1, 1] to their feature maps at four scales. Not a module: frozen, never saved."""

    def __init__(self) -> None:
        self._lite0 = load_lite0()

    def __call__(self, pixels: Tensor) -> list[Tensor]:
        # In full precision, whatever computed them: distances in them, and gradients of gradients, are taken.
        return [m.float() for m in self._lite0.to(pixels.device).maps(pixels, tuple(TAPS))]


def perceptual_distance(drawn: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Mean over maps of the squared distance between channel-normalised features, a scalar of about 0..2.

    Source: Johnson et al. 2016; normalised as by Zhang et al. 2018, LPIPS, eq. 1, with all channels weighing the same.
    """
    return torch.stack([map_distance(a, b).mean() for a, b in zip(drawn, wanted, strict=True)]).mean()


def map_distance(a: Tensor, b: Tensor) -> Tensor:
    """(n, h, w) squared distance between channel-normalised features (n, c, h, w), place by place."""
    return (_normalise(a) - _normalise(b)).square().sum(dim=1)


class Critic(nn.Module):
    """Tells real from drawn at every place of every map (patches: Isola et al. 2017; in frozen features: Sauer et al.
    2021). It sees texture and edges, not what the picture shows."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(c, width, 1),
                nn.LeakyReLU(0.2),
                nn.Conv2d(width, width, 3, padding=1),
                nn.LeakyReLU(0.2),
                nn.Conv2d(width, 1, 1),
            )
            for c in TAPS.values()
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """A map of scores a scale, (n, 1, h, w) each."""
        return [cast(Tensor, head(m)) for head, m in zip(self.heads, maps, strict=True)]


def critic_loss(real: Sequence[Tensor], drawn: Sequence[Tensor]) -> Tensor:
    """Hinge loss of the critic (Lim and Ye 2017), the mean over scales."""
    terms = [F.relu(1 - r).mean() + F.relu(1 + d).mean() for r, d in zip(real, drawn, strict=True)]
    return torch.stack(terms).mean()


def drawn_loss(drawn: Sequence[Tensor]) -> Tensor:
    """What the drawing network descends against the critic, the mean over scales."""
    return -torch.stack([d.mean() for d in drawn]).mean()


def _normalise(m: Tensor) -> Tensor:
    return m / (m.square().sum(dim=1, keepdim=True) + 1e-4).sqrt()
