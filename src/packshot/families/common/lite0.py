"""EfficientNet-Lite0 in torch, for losses that need its gradients.

Source: Tan and Le 2019, with the changes of the "Lite" release (2020): no squeeze-and-excitation, ReLU6 throughout,
stem and head not scaled. Batch normalisation is folded into the convolutions; the weights are those of the shipped
graph, so that every room sees the same features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.assets import asset
from packshot.families.common.graphs import initializers

# repeats, kernel, stride, expansion, channels: table 1 of the paper, width and depth 1.0.
_STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip


class _SameConv(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding, which pads the end more than the start."""

    def forward(self, x: Tensor) -> Tensor:
        k, s = self.kernel_size[0], self.stride[0]
        if k > 1:
            h, w = ((-(-n // s) - 1) * s + k - n for n in x.shape[-2:])
            h, w = max(h, 0), max(w, 0)
            x = F.pad(x, (w // 2, w - w // 2, h // 2, h - h // 2))
        return super().forward(x)


class _Block(nn.Module):
    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expand = _SameConv(inside, wide, 1) if expansion > 1 else None
        self.depthwise = _SameConv(wide, wide, kernel, stride, groups=wide)
        self.project = _SameConv(wide, outside, 1)
        self.residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Lite0(nn.Module):
    """The network up to its pooled 1280-d features."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _SameConv(3, 32, 3, 2)
        blocks, inside = [], 32
        for repeats, kernel, stride, expansion, outside in _STAGES:
            for i in range(repeats):
                blocks.append(_Block(inside, outside, kernel, stride if i == 0 else 1, expansion))
                inside = outside
        self.blocks = nn.ModuleList(blocks)
        self.head = _SameConv(320, 1280, 1)

    def maps(self, x: Tensor, taps: Sequence[int]) -> list[Tensor]:
        """Feature maps after the blocks numbered ``taps`` (0..15).

        Args:
            x: (n, 3, h, w) in [-1, 1] of any size.
        """
        x = F.relu6(self.stem(_to_lite0(x)))
        out = []
        for i, block in enumerate(self.blocks[: max(taps) + 1]):
            x = block(x)
            if i in taps:
                out.append(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1280) features of (n, 3, h, w) pixels in 0..255."""
        x = F.relu6(self.stem((x - 127.0) / 128.0))
        for block in self.blocks:
            x = block(x)
        return F.relu6(self.head(x)).mean(dim=(2, 3))


def load_lite0() -> Lite0:
    """The network with the shipped weights, frozen, in evaluation mode."""
    network = Lite0()
    stored = initializers(asset("lite0.onnx"))
    network.load_state_dict({name: stored[name] for name in network.state_dict()})
    return network.eval().requires_grad_(False)


def _to_lite0(x: Tensor) -> Tensor:
    """[-1, 1] to what lite0 expects, (value - 127) / 128 of 0..255."""
    return torch.add(x * (127.5 / 128.0), 0.5 / 128.0)
