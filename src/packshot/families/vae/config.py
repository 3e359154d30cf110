"""Configuration of the variational autoencoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from packshot.families.common.family import Stage
from packshot.families.common.latent import LatentConfig


class Config(LatentConfig):
    """Configuration of the variational autoencoder, which has two levels: a latent map, trained first, and above it a
    latent vector that the description has a prior for.

    Attributes:
        kind: always ``vae``.
        width: length of the modulation vector.
        hidden: channels between vector and map.
        latent: length of the latent vector.
        beta: weight of the KL term; 1 is the evidence lower bound.
        warmup: share of the steps over which the KL term is faded in.
        truncation: scale of the prior's deviation when pictures are drawn. Vectors that no picture had lie far out;
            training does not know of it.
        free_bits: nats per number of the vector below which the KL term does not push (Kingma et al. 2016, C.8).
    """

    kind: Literal["vae"] = "vae"
    width: int = Field(default=256, ge=8)
    hidden: int = Field(default=192, ge=8)
    latent: int = Field(default=64, ge=2)
    beta: float = Field(default=1.0, ge=0)
    warmup: float = Field(default=0.1, ge=0, le=1)
    truncation: float = Field(default=1.0, gt=0, le=1)
    free_bits: float = Field(default=0.02, ge=0)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The autoencoder, then the vector above its map."""
        stages = (Stage("autoencoder", self.autoencoder_share, draws=False), Stage("prior", 1 - self.autoencoder_share))
        return tuple(stage for stage in stages if stage.share)
