"""Configuration of the rectified flow."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from packshot.families.common.family import Stage
from packshot.families.common.latent import LatentConfig


class Config(LatentConfig):
    """Configuration of the rectified flow (Liu et al. 2023) and its transformer (DiT: Peebles and Xie 2023).

    Attributes:
        kind: always ``flow``.
        patch: places of the latent map that one token stands for, a side.
        width: of a token.
        depth: number of blocks.
        heads: of self-attention.
        words: tokens that the description is given besides its part in the modulation.
        align: weight of the term that teaches the middle of the transformer what lite0 sees at each token's place
            (Yu et al. 2025, REPA); it goes no further than training.
        drop: share of the examples that are trained without any description, for guidance.
        distill_share: of the budget, after the flow, that teaches the network long guided steps; 0 leaves it out.
        guidance: the strongest guidance that is taught.
    """

    kind: Literal["flow"] = "flow"
    autoencoder_share: float = Field(default=0.4, gt=0, lt=1)
    patch: Literal[1, 2] = 2
    width: int = Field(default=256, ge=16)
    depth: int = Field(default=6, ge=1)
    heads: int = Field(default=4, ge=1)
    words: int = Field(default=0, ge=0)
    align: float = Field(default=0.5, ge=0)
    drop: float = Field(default=0.1, ge=0, le=1)
    distill_share: float = Field(default=0.2, ge=0, lt=1)
    guidance: float = Field(default=4.0, ge=1)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The autoencoder, the flow, and its distillation."""
        flow = 1 - self.autoencoder_share - self.distill_share
        stages = (Stage("autoencoder", self.autoencoder_share, draws=False), Stage("flow", flow))
        return (*stages, Stage("distill", self.distill_share)) if self.distill_share else stages
