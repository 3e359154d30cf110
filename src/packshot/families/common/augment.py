"""Augmentations through which gradients flow, the same on real and generated pictures (Zhao et al. 2020, DiffAugment).

Colour is left as it is: it is part of what the description says.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# How far a picture is turned at most, and how much larger or smaller it may become.
_TURN, _SCALE = math.radians(20), 1.25


def augment(x: Tensor, *, shift: float = 0.125, hole: float = 0.4, warp: float = 0.0) -> Tensor:
    """Shift each picture by up to ``shift`` of its side and hide a square of ``hole`` of its side.

    Args:
        x: (n, 3, s, s).
        warp: share of the pictures that are turned and scaled besides (Karras et al. 2020, ADA); below 0.8 drawn ones
            learn nothing of it.
    """
    if warp > 0:
        x = _warped(x, warp)
    return _cut_out(_translate(x, shift), hole)


def _warped(x: Tensor, share: float) -> Tensor:
    n, _, s, _ = x.shape
    chosen = torch.rand(n, device=x.device) < share
    turn, size = (torch.rand(n, device=x.device) * 2 - 1 for _ in range(2))
    scale = _SCALE**size
    cosine, sine = torch.cos(turn * _TURN) * scale, torch.sin(turn * _TURN) * scale
    nothing = torch.zeros_like(sine)
    matrix = torch.stack([cosine, -sine, nothing, sine, cosine, nothing], dim=1).view(n, 2, 3)
    grid = F.affine_grid(matrix, [n, 3, s, s], align_corners=False).to(x.dtype)
    moved = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    return torch.where(chosen[:, None, None, None], moved, x)


def _translate(x: Tensor, ratio: float) -> Tensor:
    n, _, s, _ = x.shape
    most = max(1, round(s * ratio))
    dx, dy = (torch.randint(-most, most + 1, (n, 1), device=x.device) for _ in range(2))
    padded = F.pad(x, (most,) * 4, mode="replicate")
    rows = (torch.arange(s, device=x.device) + most + dy)[:, :, None].expand(n, s, s)
    columns = (torch.arange(s, device=x.device) + most + dx)[:, None, :].expand(n, s, s)
    index = torch.arange(n, device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[index, rows, columns].permute(0, 3, 1, 2)


def _cut_out(x: Tensor, ratio: float) -> Tensor:
    n, _, s, _ = x.shape
    half = max(1, round(s * ratio / 2))
    centre = torch.randint(0, s, (n, 2), device=x.device).T[:, :, None]
    axis = torch.arange(s, device=x.device)
    outside_y, outside_x = ((axis - c).abs() >= half for c in centre)
    keep = outside_y[:, None, :, None] | outside_x[:, None, None, :]
    return x * keep
