"""Configuration that the families share which draw in an autoencoder's latents."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from packshot.families.common.family import FamilyConfig

# Pixels a side that one place of the latent map stands for.
FACTOR = 8
# Channels and latent channels of the shipped autoencoder.
SHIPPED = (48, 16)


class LatentConfig(FamilyConfig):
    """Configuration of an autoencoder and how it is trained.

    Attributes:
        autoencoder: where it begins: at the ``shipped`` one, which has seen ten thousand product photos, or from
            ``scratch``. The shipped one has the default ``channels`` and ``latent_channels``.
        autoencoder_share: of the budget that goes into it; 0 takes the shipped one as it is.
        channels: at half of the picture's side; twice and three times as many further in.
        latent_channels: numbers at one place of the latent map.
        crop: it is trained on crops of this many pixels a side.
        recolor: share of the pictures whose color channels are exchanged, so that rare colors are not forgotten.
        kl: weight of the KL term, per latent number.
        perceptual: weight of the lite0 feature distance.
        adversarial: weight of the critic that keeps pictures sharp.
        adversarial_after: share of the stage's steps after which it begins.
    """

    autoencoder: Literal["shipped", "scratch"] = "scratch"
    autoencoder_share: float = Field(default=0.5, ge=0, lt=1)
    channels: int = Field(default=48, ge=4)
    latent_channels: int = Field(default=16, ge=1)
    crop: Literal[32, 64, 128] = 64
    recolor: float = Field(default=0.25, ge=0, le=1)
    kl: float = Field(default=1e-3, ge=0)
    perceptual: float = Field(default=0.5, ge=0)
    adversarial: float = Field(default=0.05, ge=0)
    adversarial_after: float = Field(default=0.4, ge=0, le=1)

    @model_validator(mode="after")
    def _shipped_as_it_is(self) -> Self:
        own = (self.channels, self.latent_channels)
        if self.autoencoder == "shipped" and own != SHIPPED:
            raise ValueError(f"the shipped autoencoder has channels {SHIPPED[0]} and latent_channels {SHIPPED[1]}")
        if self.autoencoder == "scratch" and not self.autoencoder_share:
            raise ValueError("an autoencoder from scratch needs an autoencoder_share above 0")
        return self

    @property
    def latent_side(self) -> int:
        """Side of the latent map."""
        return self.resolution // FACTOR
