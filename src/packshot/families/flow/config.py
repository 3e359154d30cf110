"""Configuration of the rectified flow."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from packshot.families.common.family import SamplingOptions, Stage
from packshot.families.common.latent import LatentConfig

# Steps of a walk along the velocity that show what it is; so many are never taught to be taken at once.
_WALKED = 12


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
        sharpen_share: of the budget, at the end, in which a discriminator judges the pictures that few steps lead to;
            0 leaves it out. It needs distilled steps.
        judge_width: of that discriminator.
        contrast: weight of telling a picture's own description from the others of its batch, see
            ``packshot.families.common.adversarial.Adversary``.
        lead: share of those steps in which only the discriminator learns: one that knows nothing yet would undo what
            was taught before.
        keep: weight of the term that holds those pictures near what the steps led to before.
    """

    kind: Literal["flow"] = "flow"
    autoencoder_share: float = Field(default=0.1, ge=0, lt=1)
    patch: Literal[1, 2] = 2
    width: int = Field(default=256, ge=16)
    depth: int = Field(default=6, ge=1)
    heads: int = Field(default=4, ge=1)
    words: int = Field(default=0, ge=0)
    align: float = Field(default=0.5, ge=0)
    drop: float = Field(default=0.1, ge=0, le=1)
    distill_share: float = Field(default=0.1, ge=0, lt=1)
    guidance: float = Field(default=4.0, ge=1)
    sharpen_share: float = Field(default=0.3, ge=0, lt=1)
    judge_width: int = Field(default=256, ge=8)
    contrast: float = Field(default=0.5, ge=0)
    lead: float = Field(default=0.1, ge=0, lt=1)
    keep: float = Field(default=4.0, ge=0)

    @model_validator(mode="after")
    def _few_steps_first(self) -> Self:
        if self.sharpen_share and not self.distill_share:
            raise ValueError("sharpen_share needs a distill_share above 0")
        if self.autoencoder_share + self.distill_share + self.sharpen_share >= 1:
            raise ValueError("the shares leave nothing for the flow")
        return self

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The autoencoder, the flow, its distillation and its sharpening."""
        flow = 1 - self.autoencoder_share - self.distill_share - self.sharpen_share
        later = (Stage("distill", self.distill_share), Stage("sharpen", self.sharpen_share))
        # Before its few steps are taught, only a walk along the velocity shows what the flow has learned.
        own = Stage("flow", flow, options=SamplingOptions(steps=_WALKED))
        stages = (Stage("autoencoder", self.autoencoder_share, draws=False), own, *later)
        return tuple(stage for stage in stages if stage.share)

    def remedy(self) -> dict[str, Any]:
        """Held nearer to what it drew before."""
        return {"keep": max(1.0, 2 * self.keep)}
