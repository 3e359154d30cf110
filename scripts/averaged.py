"""Take the mean of a gan's weights at its best look and at its end: what is odd in one is seldom odd in the other.

    python scripts/averaged.py MODEL

MODEL still holds its training. Its weights, graph, card and samples are made anew (averages of weights along one
training: Izmailov et al. 2018).
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from packshot.artifact import ModelFolder
from packshot.families import saved_config, training_parts
from packshot.training.checkpoint import read_head
from packshot.training.folder import write_network


def main(folder: Path) -> None:
    config = ModelFolder(folder).config
    ends = [average(folder / "training" / part) for part in ("best", ".")]
    weights = {name: torch.stack([end[name] for end in ends]).mean(dim=0) for name in ends[0]}
    architecture = saved_config(config.family, config.architecture)
    network = training_parts(config.family).Network(architecture).generator
    network.load_state_dict(weights)
    write_network(folder, network, architecture, config)


def average(folder: Path) -> dict[str, Tensor]:
    """The moving average that a checkpoint holds."""
    head = read_head(folder)
    if head is None:
        sys.exit(f"{folder}: no checkpoint")
    tensors = load_file(folder / head["tensors"])
    return {k.removeprefix("average."): v for k, v in tensors.items() if k.startswith("average.")}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
