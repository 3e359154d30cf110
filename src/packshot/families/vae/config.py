"""Configuration of the variational autoencoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from packshot.families.common.family import FamilyConfig


class Config(FamilyConfig):
    """Configuration of the variational autoencoder.

    Attributes:
        kind: always ``vae``.
        channels: at the largest map.
        patch: pixels a side that one place of the largest map stands for; 1 is finer, 2 twice as fast.
        width: length of the modulation vector.
        latent: length of the latent vector.
        beta: weight of the KL term; 1 is the evidence lower bound.
        warmup: share of the steps over which the KL term is faded in.
        perceptual: weight of the lite0 feature distance.
    """

    kind: Literal["vae"] = "vae"
    channels: int = Field(default=32, ge=4)
    patch: Literal[1, 2, 4] = 2
    width: int = Field(default=256, ge=8)
    latent: int = Field(default=128, ge=2)
    beta: float = Field(default=1.0, ge=0)
    warmup: float = Field(default=0.1, ge=0, le=1)
    perceptual: float = Field(default=1.0, ge=0)
