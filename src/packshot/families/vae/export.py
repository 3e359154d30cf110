"""The graphs that the sampler runs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from packshot.families.common.graphs import Exported
from packshot.families.common.latent_network import LatentModel, autoencoder_graphs
from packshot.families.vae.config import Config
from packshot.families.vae.network import Prior


class _Part(nn.Module):
    def __init__(self, prior: Prior) -> None:
        super().__init__()
        self.prior = prior


class _Guess(_Part):
    def forward(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        prior = self.prior.prior(condition)
        return prior.mean, torch.exp(0.5 * prior.log_variance)


class _Recognise(_Part):
    def forward(self, latent: Tensor, condition: Tensor) -> Tensor:
        return self.prior.posterior(latent, condition).mean


class _Draw(_Part):
    def forward(self, vector: Tensor, condition: Tensor) -> Tensor:
        return self.prior.draw(vector, condition)


def export(model: LatentModel[Prior], config: Config) -> Mapping[str, Exported]:
    """Graph name → module, example inputs and names of the outputs."""
    side = config.latent_side
    condition, vector = torch.zeros(2, config.condition_dim), torch.zeros(2, config.latent)
    latent = torch.zeros(2, config.latent_channels, side, side)
    return {
        "prior": (_Guess(model.prior), {"condition": condition}, ("mean", "deviation")),
        "recognise": (_Recognise(model.prior), {"latent": latent, "condition": condition}, ("mean",)),
        "draw": (_Draw(model.prior), {"vector": vector, "condition": condition}, ("latent",)),
        **autoencoder_graphs(model, config),
    }
