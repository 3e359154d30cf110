"""Adversarial losses and gradient penalties, for every family that a discriminator judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from packshot.families.common.judge import Discriminator, own
from packshot.families.common.objective import Batch

# Far below any score.
_NO_RIVAL = -1e4

Loss = Literal["relativistic", "non-saturating", "hinge", "wasserstein"]
Penalty = Literal["r1", "r1+r2", "wgan-gp"]


@dataclass(frozen=True)
class Adversary:
    """A discriminator's losses and those of what draws against it, the means over its heads.

    Attributes:
        loss: ``relativistic``, real against drawn in pairs (Jolicoeur-Martineau 2019; Huang et al. 2024, R3GAN),
            ``non-saturating`` (Goodfellow et al. 2014), ``hinge`` (Lim and Ye 2017) or ``wasserstein``
            (Arjovsky et al. 2017).
        penalty: ``r1`` on what is seen of real pictures (Mescheder et al. 2018), ``r1+r2`` on real and on drawn ones,
            as the relativistic loss wants it (Huang et al. 2024), or ``wgan-gp`` between the two (Gulrajani et al.
            2017).
        gamma: weight of the penalty, whose slopes are those for a change by ``Discriminator.unit``. What suits
            depends on resolution and batch (Karras et al. 2020, ADA, take 0.0002 side² / batch: 0.03 for 64 pixels).
        lazy: the penalty is computed every so many steps and weighted up accordingly (Karras et al. 2020).
        mismatch: weight of real pictures under another product's description, judged as false (Reed et al. 2016).
        contrast: weight of telling which of the batch's descriptions is a picture's own, in real pictures by the
            discriminator, in drawn ones by what draws them (Zhang et al. 2021, XMC-GAN).
    """

    loss: Loss = "non-saturating"
    penalty: Penalty = "r1"
    gamma: float = 0.06
    lazy: int = 8
    mismatch: float = 0.5
    contrast: float = 0.0

    def against(self, score: Tensor, real: Tensor | None = None) -> Tensor:
        """What the drawing network descends.

        Args:
            score: (heads, n) of what was drawn.
            real: (heads, n) of real pictures under the same descriptions; only the relativistic loss asks for it.
        """
        if self.loss == "relativistic":
            assert real is not None
            return F.softplus(real - score).mean()
        return self._wants(score, real=True, generator=True)

    def judge(
        self, judge: Discriminator, real: list[Tensor], drawn: list[Tensor], batch: Batch, step: int
    ) -> Mapping[str, Tensor]:
        """What the discriminator descends.

        Args:
            real: what it sees of real pictures.
            drawn: what it sees of drawn ones, detached.
            batch: the descriptions of both.
        """
        condition = batch.condition
        penalise = self.gamma > 0 and step % self.lazy == 0
        if penalise and self.penalty != "wgan-gp":
            real = [m.detach().requires_grad_(True) for m in real]
        if penalise and self.penalty == "r1+r2":
            drawn = [m.detach().requires_grad_(True) for m in drawn]
        scores, against = judge.judge(real, condition), own(judge.judge(drawn, condition))
        score, alike = own(scores), same(batch)
        # Another one's description, far enough away to be of another group; where it asks for the same, the pair is no
        # mismatch.
        at = torch.arange(len(condition), device=condition.device)
        wrong, differs = (m[..., at, at - len(condition) // 2] for m in (scores, (~alike).float()))
        if self.loss == "relativistic":
            losses: dict[str, Tensor] = {"pair": F.softplus(against - score).mean()}
            mismatch = (F.softplus(wrong - score) * differs).mean()
        else:
            losses = {"real": self._wants(score, real=True), "drawn": self._wants(against, real=False)}
            # An unpaired term would let the critic lower all scores at once, which nothing but it would notice.
            wrong = wrong - score if self.loss == "wasserstein" else wrong
            mismatch = self._wants(wrong, real=False, weight=differs)
        if self.mismatch > 0:
            losses["mismatch"] = self.mismatch * mismatch
        losses |= self.told_apart("contrast", scores, alike)
        if penalise:
            if self.penalty != "wgan-gp":
                penalty = 0.5 * squared_gradient(score, real, judge.unit).mean()
                if self.penalty == "r1+r2":
                    penalty = penalty + 0.5 * squared_gradient(against, drawn, judge.unit).mean()
            else:
                mix = torch.rand(len(condition), 1, 1, 1, device=condition.device)
                between = [(mix * r + (1 - mix) * d).requires_grad_(True) for r, d in zip(real, drawn, strict=True)]
                score = own(judge.judge(between, condition))
                length = squared_gradient(score, between, judge.unit).add(1e-12).sqrt()
                penalty = (length - 1).square().mean()
            losses["penalty"] = self.gamma * self.lazy * penalty
        return losses

    def told_apart(self, name: str, scores: Tensor, alike: Tensor) -> dict[str, Tensor]:
        """The contrast: cross-entropy of a picture's own description among all of the batch.

        Args:
            name: of the loss; the two players' go into one log.
            scores: (heads, n, n) of every picture under every description.
            alike: (n, n) whether a description asks for the same as the picture's own: it is no rival then.
        """
        if self.contrast == 0:
            return {}
        # Not minus infinity: where all are alike, its gradient would not be a number.
        rivals = scores.masked_fill(alike, _NO_RIVAL).logsumexp(dim=2)
        return {name: self.contrast * F.softplus(rivals - own(scores)).mean()}

    def _wants(self, score: Tensor, *, real: bool, generator: bool = False, weight: Tensor | None = None) -> Tensor:
        sign = -1.0 if real else 1.0
        if self.loss == "non-saturating":
            loss = F.softplus(sign * score)
        elif self.loss == "hinge" and not generator:
            loss = F.relu(1 + sign * score)
        else:
            loss = sign * score
        return loss.mean() if weight is None else (loss * weight).mean()


def same(batch: Batch) -> Tensor:
    """(n, n) whether two descriptions of a batch ask for the same."""
    if batch.asked is not None:
        return batch.asked[:, None] == batch.asked
    return (batch.condition[:, None] == batch.condition).all(dim=2)


def squared_gradient(score: Tensor, seen: list[Tensor], unit: float) -> Tensor:
    """(n,) squared length of the gradients of scores (heads, n) with respect to what was seen, in ``unit`` of it.

    The mean over heads, each of which sees its own maps.
    """
    gradients = torch.autograd.grad(score.sum(), seen, create_graph=True)
    return unit**2 * torch.stack([g.square().sum(dim=(1, 2, 3)) for g in gradients]).sum(dim=0) / len(score)
