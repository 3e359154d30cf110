"""The graphs that the sampler runs."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from packshot.families.common.graphs import Exported
from packshot.families.common.latent_network import LatentModel, autoencoder_graphs
from packshot.families.flow.config import Config
from packshot.families.flow.network import Velocity


def export(model: LatentModel[Velocity], config: Config) -> Mapping[str, Exported]:
    """Graph name → module, example inputs and names of the outputs."""
    side = config.latent_side
    inputs = {
        "latent": torch.zeros(2, config.latent_channels, side, side),
        "time": torch.zeros(2),
        "stride": torch.zeros(2),
        "guidance": torch.ones(2),
        "condition": torch.zeros(2, config.condition_dim),
    }
    return {"velocity": (model.prior, inputs, ("velocity",)), **autoencoder_graphs(model, config)}
