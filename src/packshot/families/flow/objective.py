"""The autoencoder's losses, flow matching, and the distillation of guided steps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from packshot.families.common.latent_network import LatentObjective
from packshot.families.common.objective import Batch, Player
from packshot.families.common.perceptual import Maps
from packshot.families.flow.config import Config
from packshot.families.flow.network import Network, Velocity
from packshot.families.flow.sharpening import Sharpening

# A long step is taught as so many short ones of the teacher.
_PARTS = 4
# Strides taught: a picture in 2, 4 or 8 steps.
_STRIDES = (0.5, 0.25, 0.125)


class Objective(LatentObjective):
    """First stage: reconstruction; second: flow matching; third: distillation; fourth: sharpening."""

    def __init__(self, network: Network, config: Config, stage: str, steps: int) -> None:
        super().__init__(network, config, stage, steps)
        self.network: Network = network
        self.config = config
        velocity = network.model.prior
        # Their inputs do not vary before distillation: taught earlier, they would be one more bias, and wrong later.
        for waves in (velocity.stride, velocity.stress):
            waves.requires_grad_(stage != "flow")
        self.maps = Maps() if stage == "flow" and config.align > 0 else None
        self.sharpening = Sharpening(network, config, steps) if stage == "sharpen" else None
        if self.sharpening:
            self.players = self.sharpening.players
        elif stage != "autoencoder":
            self.players = (Player("flow", (velocity, network.align) if self.maps else (velocity,)),)
        if stage == "distill":
            # Part of the network, so that checkpoints keep it.
            network.teacher = copy.deepcopy(velocity).requires_grad_(False)

    def begin(self, pixels: Tensor) -> None:
        # A decoder that is sharpened goes with the scale that the latents had.
        if self.sharpening is None:
            super().begin(pixels)
        if self.maps is not None:
            seen = self._seen(self.maps, pixels)
            self.network.seen_mean.copy_(seen.mean(dim=(0, 2, 3)))
            self.network.seen_deviation.copy_(seen.std(dim=(0, 2, 3)).clamp(min=1e-4))

    @property
    def latents(self) -> Callable[[Tensor], Tensor] | None:
        """Latent maps, and where they are wanted lite0's features of the same places behind them, token by token."""
        encode, maps = (None if self.sharpening else super().latents), self.maps
        if encode is None or maps is None:
            return encode
        return lambda pixels: torch.cat(
            [F.pixel_unshuffle(encode(pixels), self.config.patch), self._seen(maps, pixels)], dim=1
        )

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if self.sharpening:
            return self.sharpening.losses(player, batch, step)
        if player != "flow":
            return super().losses(player, batch, step)
        assert batch.latents is not None
        if self.maps is not None:
            return self._match_and_align(batch.latents, batch.condition)
        if self.stage == "flow":
            return {"flow": self._match(batch.latents, batch.condition)}
        # Some of the batch keeps the velocity itself alive, for longer walks and further training.
        few = max(1, len(batch.latents) // 4)
        return {
            "distill": self._distill(batch.latents, batch.condition),
            "flow": self._match(batch.latents[:few], batch.condition[:few]) * 0.25,
        }

    def _match_and_align(self, both: Tensor, condition: Tensor) -> Mapping[str, Tensor]:
        network, numbers = self.network, self.config.latent_channels * self.config.patch**2
        z, seen = F.pixel_shuffle(both[:, :numbers], self.config.patch), both[:, numbers:]
        flow, middle = self._matched(z, condition)
        wanted = (seen.flatten(2).transpose(1, 2) - network.seen_mean) / network.seen_deviation
        alike = F.cosine_similarity(network.align(middle), wanted, dim=2)
        return {"flow": flow, "align": self.config.align * (1 - alike.mean())}

    def _seen(self, maps: Maps, pixels: Tensor) -> Tensor:
        side = self.config.latent_side // self.config.patch
        return F.adaptive_avg_pool2d(maps(pixels)[-1], side)

    def _match(self, z: Tensor, condition: Tensor) -> Tensor:
        return self._matched(z, condition)[0]

    def _matched(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Squared error of the velocity on the straight way from noise to z (Lipman et al. 2023, eq. 23; times drawn
        from a logit-normal: Esser et al. 2024, eq. 19), and the transformer's middle."""
        velocity = self.network.model.prior
        time, start = torch.sigmoid(torch.randn(len(z), device=z.device)), torch.randn_like(z)
        kept = _uniform(z)[:, None] >= self.config.drop
        here = torch.lerp(start, z, time[:, None, None, None])
        found, middle = velocity.with_middle(
            here, time, torch.zeros_like(time), torch.ones_like(time), condition * kept
        )
        return (found - (z - start)).square().mean(), middle

    def _distill(self, z: Tensor, condition: Tensor) -> Tensor:
        """Squared error of one long step against the teacher's short, guided ones (Salimans and Ho 2022; guidance as
        an input: Meng et al. 2023; length as an input: Frans et al. 2025)."""
        n, teacher = len(z), self.network.teacher
        assert isinstance(teacher, Velocity)
        stride = z.new_tensor(_STRIDES)[torch.randint(len(_STRIDES), (n,), device=z.device)]
        time = torch.floor(_uniform(z) / stride) * stride
        guidance = 1 + (self.config.guidance - 1) * _uniform(z)
        here, length = torch.lerp(torch.randn_like(z), z, time[:, None, None, None]), stride[:, None, None, None]
        with torch.no_grad():
            there = here
            for i in range(_PARTS):
                now = time + stride * (i / _PARTS)
                there = there + guided(teacher, there, now, guidance, condition) * length / _PARTS
            wanted = (there - here) / length
        return (self.network.model.prior(here, time, stride, guidance, condition) - wanted).square().mean()


def guided(velocity: nn.Module, z: Tensor, time: Tensor, guidance: Tensor, condition: Tensor) -> Tensor:
    """Velocity with classifier-free guidance (Ho and Salimans 2022, eq. 6), both parts of it in one call."""
    twice, time = torch.cat([condition, torch.zeros_like(condition)]), time.repeat(2)
    both = velocity(z.repeat(2, 1, 1, 1), time, torch.zeros_like(time), torch.ones_like(time), twice)
    told, untold = both.chunk(2)
    return untold + guidance[:, None, None, None] * (told - untold)


def _uniform(z: Tensor) -> Tensor:
    return torch.rand(len(z), device=z.device)
