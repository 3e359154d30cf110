"""The two players' moves, and what keeps pictures of one description apart.

A step draws, and looks, once: what the discriminator has judged in its move, the generator defends in the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from packshot.families.common.adversarial import Adversary, same
from packshot.families.common.augment import augment
from packshot.families.common.judge import own
from packshot.families.common.objective import Batch, Player
from packshot.families.common.perceptual import Maps, map_distance
from packshot.families.gan.config import Config
from packshot.families.gan.network import Network

# Pictures of one description are drawn a second time only every so often; the term weighs the more then.
_APART_EVERY = 4
# What is nearer to white than this, of 2, is more paper than product.
_PAPER = 0.08


class _Made(NamedTuple):
    """What a step has drawn, and what the discriminator sees of that and of real pictures."""

    latent: Tensor
    pixels: Tensor
    seen: list[Tensor]
    real: list[Tensor]


class Objective:
    """Discriminator and generator in turn; the formulas are those of the papers named in ``Config``."""

    def __init__(self, network: Network, config: Config, stage: str, steps: int) -> None:
        self.network, self.config = network, config
        self.adversary = Adversary(
            config.loss, config.penalty, config.gamma, config.lazy, config.mismatch, config.contrast
        )
        self.apart_after, self.lead = round(config.apart_after * steps), round(config.lead * steps)
        # Momentum makes the two chase each other; Karras et al. 2018 and later leave it out.
        self.players = (
            Player("discriminator", (network.discriminator,), betas=(0.0, 0.99)),
            Player("generator", (network.generator,), betas=(0.0, 0.99)),
        )
        self.averaged = network.generator
        self.latents = None
        self.maps = Maps() if config.diversity > 0 else None
        self._made: _Made | None = None

    def begin(self, pixels: Tensor) -> None:
        if self.network.teacher is not None:
            self.network.teacher.load_state_dict(self.network.generator.state_dict())

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if player == "generator":
            made, self._made = self._made, None
            assert made is not None, "the discriminator moves first"
            return self._move_generator(made, batch, step) if step >= self.lead else {}
        judge, latent = self.network.discriminator, self._noise(batch)
        with torch.set_grad_enabled(step >= self.lead):
            drawn = self._draw(latent, batch.condition)
            seen = judge.see(self._shown(drawn))
        with torch.no_grad():
            real = judge.see(self._shown(batch.pixels))
        self._made = _Made(latent, drawn, seen, real)
        return self.adversary.judge(judge, real, [m.detach() for m in seen], batch, step)

    def _move_generator(self, made: _Made, batch: Batch, step: int) -> Mapping[str, Tensor]:
        judge, latent, drawn = self.network.discriminator, made.latent, made.pixels
        scores = judge.judge(made.seen, batch.condition)
        real = None
        if self.config.loss == "relativistic":
            with torch.no_grad():
                real = own(judge.judge(made.real, batch.condition))
        losses = {"generator": self.adversary.against(own(scores), real)}
        losses |= self.adversary.told_apart("matched", scores, same(batch))
        if self.config.color > 0:
            off = (mean_color(drawn) - mean_color(batch.pixels)).abs().mean(dim=1)
            # Where no color is asked for, the nearest to all that there may be is grey.
            asked = off.new_ones(len(off)) if batch.colored is None else batch.colored.to(off.dtype)
            losses["color"] = self.config.color * (off * asked).mean()
        if self.config.language > 0 and batch.translated is not None:
            told = [self.network.generator.condition(c) for c in (batch.condition, batch.translated)]
            spread = told[0].var(dim=0, unbiased=False).mean().clamp(min=1e-6)
            losses["language"] = self.config.language * (told[0] - told[1]).square().mean() / spread
        if self.network.teacher is not None and batch.rehearsed is not None and batch.rehearsed.any():
            with torch.no_grad():
                before = self.network.teacher(latent[batch.rehearsed], batch.condition[batch.rehearsed])
            losses["rehearse"] = self.config.rehearse * (drawn[batch.rehearsed] - before).square().mean()
        if self.maps is not None and step >= self.apart_after and step % _APART_EVERY == 0 and len(drawn) > 1:
            losses["diversity"] = self.config.diversity * _APART_EVERY * self._sameness(self.maps, drawn, batch)
        return losses

    def _shown(self, pixels: Tensor) -> Tensor:
        return augment(pixels, warp=self.config.warp)

    def _noise(self, batch: Batch) -> Tensor:
        return torch.randn(len(batch.condition), self.config.latent, device=batch.condition.device)

    def _draw(self, latent: Tensor, condition: Tensor) -> Tensor:
        # In full precision, whatever computed it: colors are averaged.
        pixels: Tensor = self.network.generator(latent, condition)
        return pixels.float()

    def _sameness(self, maps: Maps, drawn: Tensor, batch: Batch) -> Tensor:
        """How far two pictures of one description fall short of the distance asked for, 0..1.

        A discriminator that sees a description once has no objection when its noise is ignored, and it soon is.
        """
        half = len(drawn) // 2
        again = self._draw(self._noise(batch)[:half], batch.condition[:half])
        found = _apart(maps(drawn[:half]), maps(again))
        with torch.no_grad():
            real = maps(batch.pixels)
            wanted = self.config.apart * _apart(real, [m.roll(half, dims=0) for m in real]).mean()
        return F.relu(1 - found / wanted.clamp(min=1e-3)).mean()


def mean_color(pixels: Tensor) -> Tensor:
    """(n, 3) mean color of what is not white in pixels (n, 3, s, s)."""
    # Counted by their distance from white, a white garment's folds would be its color, and it would come out grey.
    weight = ((1 - pixels).amax(dim=1, keepdim=True) / _PAPER).clamp(0, 1) + 1e-4
    return (pixels * weight).sum(dim=(2, 3)) / weight.sum(dim=(2, 3))


def _apart(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """(n,) distance of pictures in lite0 maps; unlike one in pixels, it is not met by another shade of the color."""
    return torch.stack([map_distance(x, y).mean(dim=(1, 2)).sqrt() for x, y in zip(a, b, strict=True)]).mean(dim=0)
