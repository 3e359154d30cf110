"""Distance of pictures in lite0 feature maps (Johnson et al. 2016; channel-normalised as Zhang et al. 2018, LPIPS)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.families.common.lite0 import load_lite0

# After blocks 0, 2, 4 and 10 a map has a half, quarter, eighth and sixteenth of the picture's side.
_TAPS = (0, 2, 4, 10)


class PerceptualDistance(nn.Module):
    """Mean over maps of the squared distance between channel-normalised features, about 0..2."""

    def __init__(self) -> None:
        super().__init__()
        self.lite0 = load_lite0()

    def forward(self, drawn: Tensor, target: Tensor) -> Tensor:
        """(n, 3, s, s) in [-1, 1] each, to a scalar; gradients flow to ``drawn``."""
        with torch.no_grad():
            wanted = [_normalise(m) for m in self.lite0.maps(target, _TAPS)]
        seen = [_normalise(m) for m in self.lite0.maps(drawn, _TAPS)]
        distances = [(a - b).square().sum(dim=1).mean() for a, b in zip(seen, wanted, strict=True)]
        return torch.stack(distances).mean()


def _normalise(m: Tensor) -> Tensor:
    return m / (m.square().sum(dim=1, keepdim=True) + 1e-4).sqrt()
