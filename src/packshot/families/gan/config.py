"""Configuration of the generative adversarial network."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from packshot.families.common.family import FamilyConfig


class Config(FamilyConfig):
    """Configuration of the generative adversarial network.

    Attributes:
        kind: always ``gan``.
        channels: of both networks at the largest map.
        patch: pixels a side that one place of the largest map stands for; 1 is finer, 2 twice as fast.
        width: length of the modulation vector.
        latent: length of the noise vector.
        judge: what the discriminator sees: the ``pixels``, or frozen ``lite0`` features of them (Sauer et al. 2021,
            projected GAN), which converges in a fraction of the time.
        loss, penalty, gamma, lazy, mismatch, contrast: the discriminator's objective, see
            ``packshot.families.common.adversarial.Adversary``.
        lead: share of the steps, at the start, in which only the discriminator learns; for a generator that begins with
            trained weights, which a discriminator that knows nothing yet would undo.
        color: weight of the distance between the product's mean color in a drawn picture and in the real one of the
            same description; frozen features tell shapes better than shades.
        language: weight of the distance between what the generator makes of a description in Chinese and in English.
        rehearse: weight of the squared distance, in a model that is adapted, between what it draws of rehearsed
            descriptions and what it drew of them before, from the same noise.
        diversity: weight of the term that keeps pictures of one description apart (mode seeking, Mao et al. 2019).
        apart: the distance in lite0 features it asks for, as a share of that between real pictures of different
            descriptions.
        truncation: scale of the noise when pictures are drawn (Brock et al. 2019, BigGAN, truncate it instead); below 1
            they are less odd and more alike. Training does not know of it.
        apart_after: share of the steps after which it begins; before there are products, it only breeds noise.
        warp: share of the pictures, real and drawn, that the discriminator sees turned and scaled.
    """

    kind: Literal["gan"] = "gan"
    channels: int = Field(default=32, ge=4)
    patch: Literal[1, 2, 4] = 2
    width: int = Field(default=256, ge=8)
    latent: int = Field(default=128, ge=2)
    judge: Literal["pixels", "lite0"] = "lite0"
    loss: Literal["relativistic", "non-saturating", "hinge", "wasserstein"] = "relativistic"
    penalty: Literal["r1", "r1+r2", "wgan-gp"] = "r1+r2"
    gamma: float = Field(default=0.06, ge=0)
    lazy: int = Field(default=8, ge=1)
    mismatch: float = Field(default=0.5, ge=0)
    contrast: float = Field(default=0.0, ge=0)
    lead: float = Field(default=0.0, ge=0, lt=1)
    color: float = Field(default=2.0, ge=0)
    language: float = Field(default=1.0, ge=0)
    rehearse: float = Field(default=0.0, ge=0)
    diversity: float = Field(default=1.0, ge=0)
    apart: float = Field(default=0.35, gt=0, le=1)
    apart_after: float = Field(default=0.3, ge=0, le=1)
    warp: float = Field(default=0.0, ge=0, le=0.8)
    truncation: float = Field(default=1.0, gt=0, le=1)

    def remedy(self) -> dict[str, Any]:
        """Twice the weight on keeping pictures of one description apart."""
        return {"diversity": max(1.0, 2 * self.diversity)}
