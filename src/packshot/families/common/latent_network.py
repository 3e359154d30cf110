"""What the families have in common that draw in an autoencoder's latents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from packshot.assets import asset
from packshot.families.common.autoencoder import Autoencoder
from packshot.families.common.graphs import Exported
from packshot.families.common.latent import LatentConfig
from packshot.families.common.objective import Batch, Player
from packshot.families.common.perceptual import Critic
from packshot.families.common.reconstruction import Reconstruction

P = TypeVar("P", bound=nn.Module)


class LatentModel(nn.Module, Generic[P]):
    """An autoencoder and a prior over its standardised latents: what a model folder keeps."""

    def __init__(self, config: LatentConfig, prior: P) -> None:
        super().__init__()
        self.autoencoder = Autoencoder(config.channels, config.latent_channels)
        if config.autoencoder == "shipped":
            self.autoencoder.load_state_dict(load_file(asset("autoencoder.safetensors")))
        self.prior = prior
        shape = (1, config.latent_channels, 1, 1)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))
        self.mean: Tensor
        self.deviation: Tensor

    def encode(self, pixels: Tensor) -> Tensor:
        """The posterior's mean, standardised."""
        return (self.autoencoder.encode(pixels).mean - self.mean) / self.deviation

    def decode(self, latent: Tensor) -> Tensor:
        """Pixels of standardised latents."""
        return self.autoencoder.decode(latent * self.deviation + self.mean)

    @torch.no_grad()
    def standardise(self, pixels: Tensor) -> None:
        """Measure every channel's mean and deviation on pictures."""
        latent = self.autoencoder.encode(pixels).mean
        self.mean.copy_(latent.mean(dim=(0, 2, 3), keepdim=True))
        self.deviation.copy_(latent.std(dim=(0, 2, 3), keepdim=True).clamp(min=1e-4))


class LatentNetwork(nn.Module, Generic[P]):
    """All that such a family trains: the model, and the critic that keeps its pictures sharp."""

    def __init__(self, model: LatentModel[P]) -> None:
        super().__init__()
        self.model, self.critic = model, Critic()


class LatentObjective:
    """The first stage's objective, and what the second stages build on."""

    def __init__(self, network: LatentNetwork[Any], config: LatentConfig, stage: str, steps: int) -> None:
        self.network, self.stage = network, stage
        model, critic = network.model, network.critic
        self.reconstruction = Reconstruction(model.autoencoder, critic, config, steps)
        critics = (Player("critic", (critic,), betas=(0.5, 0.99)),) if config.adversarial > 0 else ()
        self.critics: Sequence[Player] = critics
        self.players: Sequence[Player] = (Player("autoencoder", (model.autoencoder,)), *critics)
        self.averaged: nn.Module = model

    def begin(self, pixels: Tensor) -> None:
        """Latents are measured once the autoencoder stands still."""
        if self.stage != "autoencoder":
            self.network.model.standardise(pixels)

    @property
    def latents(self) -> Callable[[Tensor], Tensor] | None:
        """Pixels to standardised latents, once the autoencoder stands still."""
        return None if self.stage == "autoencoder" else self.network.model.encode

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self.reconstruction.criticise() if player == "critic" else self.reconstruction.draw(batch, step)


class _Encoder(nn.Module):
    def __init__(self, model: LatentModel[Any]) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        return self.model.encode(pixels)


class _Decoder(nn.Module):
    def __init__(self, model: LatentModel[Any]) -> None:
        super().__init__()
        self.model = model

    def forward(self, latent: Tensor) -> Tensor:
        return self.model.decode(latent).clamp(-1, 1)


def autoencoder_graphs(model: LatentModel[Any], config: LatentConfig) -> Mapping[str, Exported]:
    """The graphs ``encoder`` and ``decoder``, which every such family exports."""
    pixels = torch.zeros(2, 3, config.resolution, config.resolution)
    latent = torch.zeros(2, config.latent_channels, config.latent_side, config.latent_side)
    return {
        "encoder": (_Encoder(model), {"pixels": pixels}, ("latent",)),
        "decoder": (_Decoder(model), {"latent": latent}, ("pixels",)),
    }
