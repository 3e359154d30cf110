"""The graph that the sampler runs."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from packshot.families.common.graphs import Exported
from packshot.families.gan.config import Config
from packshot.families.gan.network import Generator


def export(network: Generator, config: Config) -> Mapping[str, Exported]:
    """Graph name → module, example inputs and names of the outputs."""
    inputs = {"latent": torch.zeros(2, config.latent), "condition": torch.zeros(2, config.condition_dim)}
    return {"generator": (network, inputs, ("pixels",))}
