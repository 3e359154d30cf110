"""The cut-out network: a slim U-Net over EfficientNet-Lite0 features.

Sources: Ronneberger, Fischer and Brox 2015 (U-Net); Lin et al. 2017 (one width for every level of the decoder);
Tan and Le 2019 (EfficientNet). The encoder starts from ImageNet weights, so that it knows things from floors.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.lite0 import load_lite0

SIDE = 192
# Blocks whose outputs have 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's side, and their channels.
_TAPS = (0, 2, 4, 10, 12)
_CHANNELS = (16, 24, 40, 112, 192)
_WIDTH = 56
# The first layers hold edges and textures that need no change; leaving them alone saves half of a step.
_FROZEN_BLOCKS = 3


class _Mix(nn.Module):
    """Depthwise 5×5 and pointwise convolution with a skip connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.pointwise = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pointwise(F.relu6(self.norm(self.depthwise(x))))


class CutOutNetwork(nn.Module):
    """(n, 3, 192, 192) pixels in 0..255 to (n, 1, 192, 192) logits of "belongs to the product"."""

    def __init__(self) -> None:
        super().__init__()
        lite0 = load_lite0()
        self.stem = lite0.stem
        self.blocks = lite0.blocks[: _TAPS[-1] + 1]
        self.lateral = nn.ModuleList(nn.Conv2d(c, _WIDTH, 1) for c in _CHANNELS)
        self.mix = nn.ModuleList(_Mix(_WIDTH) for _ in _CHANNELS)
        self.context = nn.Linear(_CHANNELS[-1], _WIDTH)
        self.fine = nn.Conv2d(_WIDTH, 16, 1)
        self.pixels = nn.Conv2d(3, 16, 3, padding=1)
        self.last = nn.Conv2d(16, 1, 3, padding=1)
        for block in self.blocks[_FROZEN_BLOCKS:]:
            block.requires_grad_(True)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained weights that training may change."""
        return [p for p in self.blocks.parameters() if p.requires_grad]

    def decoder_parameters(self) -> list[nn.Parameter]:
        """The weights that start from nothing."""
        known = {id(p) for p in [*self.stem.parameters(), *self.blocks.parameters()]}
        return [p for p in self.parameters() if id(p) not in known]

    def forward(self, pixels: Tensor) -> Tensor:
        scaled = (pixels - 127.0) / 128.0
        x = F.relu6(self.stem(scaled))
        maps = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in _TAPS:
                maps.append(x)
        y = self.mix[-1](self.lateral[-1](maps[-1]) + self.context(x.mean(dim=(2, 3)))[:, :, None, None])
        for level in range(len(_TAPS) - 2, -1, -1):
            y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
            y = self.mix[level](y + self.lateral[level](maps[level]))
        y = F.interpolate(self.fine(y), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.last(F.relu6(y + self.pixels(scaled)))


def loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy plus soft Jaccard distance, which a small product weighs in as much as a large one.

    Args:
        logits, target: (n, 1, h, w); target in 0..1.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, target)
    belief = torch.sigmoid(logits)
    both = (belief * target).sum(dim=(1, 2, 3))
    either = (belief + target).sum(dim=(1, 2, 3)) - both
    return entropy + (1 - (both + 1) / (either + 1)).mean()
