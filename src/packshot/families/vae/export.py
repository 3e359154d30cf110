"""The graphs that the sampler runs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from packshot.families.vae.config import Config
from packshot.families.vae.network import Network


class _Part(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network


class _Prior(_Part):
    def forward(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        prior = self.network.prior(condition)
        return prior.mean, torch.exp(0.5 * prior.log_variance)


class _Encoder(_Part):
    def forward(self, pixels: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        # The spread of the prior, not of the posterior: variations are to be seen, not only noise.
        spread = torch.exp(0.5 * self.network.prior(condition).log_variance)
        return self.network.encode(pixels, condition).mean, spread


class _Decoder(_Part):
    def forward(self, latent: Tensor, condition: Tensor) -> Tensor:
        return self.network.decode(latent, condition)


def export(network: Network, config: Config) -> Mapping[str, tuple[nn.Module, Mapping[str, Tensor], tuple[str, ...]]]:
    """Graph name → module, example inputs and names of the outputs."""
    pixels = torch.zeros(2, 3, config.resolution, config.resolution)
    condition, latent = torch.zeros(2, config.condition_dim), torch.zeros(2, config.latent)
    return {
        "prior": (_Prior(network), {"condition": condition}, ("mean", "deviation")),
        "encoder": (_Encoder(network), {"pixels": pixels, "condition": condition}, ("mean", "deviation")),
        "decoder": (_Decoder(network), {"latent": latent, "condition": condition}, ("pixels",)),
    }
