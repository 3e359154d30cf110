"""How the autoencoder is trained, for every family that draws in its latents."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from packshot.families.common.autoencoder import Autoencoder, Gaussian
from packshot.families.common.latent import LatentConfig
from packshot.families.common.objective import Batch
from packshot.families.common.perceptual import Critic, Maps, critic_loss, drawn_loss, perceptual_distance


class Reconstruction:
    """Absolute error, KL, feature distance and, later, a critic (VQGAN: Esser et al. 2021, section 3.1; without
    quantisation: Rombach et al. 2022, appendix G)."""

    def __init__(self, autoencoder: Autoencoder, critic: Critic, config: LatentConfig, steps: int) -> None:
        self.autoencoder, self.critic, self.config = autoencoder, critic, config
        self.critic_after = round(config.adversarial_after * steps)
        self.maps = Maps() if config.perceptual > 0 or config.adversarial > 0 else None
        self._seen: tuple[list[Tensor], list[Tensor]] = ([], [])

    def draw(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Losses of the autoencoder."""
        config, pixels = self.config, recolor(crop(batch.pixels, self.config.crop), self.config.recolor)
        posterior = self.autoencoder.encode(pixels)
        drawn = self.autoencoder.decode(posterior.sample())
        losses = {
            "reconstruction": (drawn - pixels).abs().mean(),
            "kl": config.kl * kl_from_standard(posterior).mean(),
        }
        return losses | self.look(drawn, pixels, step)

    def look(self, drawn: Tensor, pixels: Tensor, step: int) -> dict[str, Tensor]:
        """Losses in feature maps between what was drawn and what was wanted; the critic's move uses the same maps."""
        if self.maps is None:
            return {}
        with torch.no_grad():
            wanted = self.maps(pixels)
        seen = self.maps(drawn)
        self._seen = (wanted, [m.detach() for m in seen])
        losses = {"perceptual": self.config.perceptual * perceptual_distance(seen, wanted)}
        if self.critic_after <= step:
            losses["adversarial"] = self.config.adversarial * drawn_loss(self.critic(seen))
        return losses

    def criticise(self) -> Mapping[str, Tensor]:
        """Losses of the critic on what was last looked at. It learns from the first step, before it is heard."""
        wanted, seen = self._seen
        return {"critic": critic_loss(self.critic(wanted), self.critic(seen))}


def kl_from_standard(q: Gaussian) -> Tensor:
    """KL(q‖N(0, 1)) in nats of every latent number, the shape of ``q.mean``."""
    return 0.5 * (q.mean.square() + torch.exp(q.log_variance) - 1 - q.log_variance)


def crop(pixels: Tensor, side: int) -> Tensor:
    """The same random square of ``side`` of every picture (n, 3, s, s); all of it where it is no larger."""
    room = pixels.shape[-1] - side
    if room <= 0:
        return pixels
    y, x = (int(v) for v in torch.randint(0, room + 1, (2,)))
    return pixels[..., y : y + side, x : x + side]


def recolor(pixels: Tensor, share: float) -> Tensor:
    """Exchange the color channels of a random ``share`` of the pictures (n, 3, h, w), at random."""
    if not share:
        return pixels
    chance = torch.rand(len(pixels), 4, device=pixels.device)
    kept = torch.arange(3, device=pixels.device).expand(len(pixels), 3)
    order = torch.where(chance[:, 3:] < share, chance[:, :3].argsort(dim=1), kept)
    mixed = torch.gather(pixels, 1, order[:, :, None, None].expand_as(pixels))
    return mixed.contiguous(memory_format=torch.channels_last)
