"""Make the shipped autoencoder: ``python scripts/autoencoder.py CATALOG... --minutes 60 60 -o FILE``.

It is trained on every picture of the catalogs, those with a background too, at 128 pixels and at 64 by turns, so that a
shop's own training need only adjust it. Then the decoder alone goes on. ``--begin`` takes the weights of an older one,
whose latents may have had fewer numbers a place.
docs/decisions/autoencoder.md has what came of it.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save
from torch import Tensor, nn

from packshot.catalog import Catalog
from packshot.families.common.autoencoder import Autoencoder
from packshot.families.common.latent import LatentConfig
from packshot.families.common.objective import Batch
from packshot.families.common.perceptual import Critic
from packshot.families.common.reconstruction import Reconstruction, crop, recolor
from packshot.files import write_atomic
from packshot.images.resize import to_square
from packshot.progress import say, track
from packshot.training.loop import follow, rate_at
from packshot.training.recipe import TrainingConfig
from packshot.training.stages import channels_last

SIDE, BATCH, RATE = 128, 32, 1e-3
# Of a drawn latent number, whose deviation is about 1.7.
NOISE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogs", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, nargs=2, default=(60, 60), help="for all of it, and for the decoder")
    parser.add_argument("--begin", type=Path, help="file of an older one's weights")
    parser.add_argument("-o", "--out", type=Path, required=True, help="file of the weights")
    options = parser.parse_args()
    pixels = np.concatenate([load(path) for path in options.catalogs])
    torch.manual_seed(0)
    config, critic = LatentConfig(), Critic()
    begun = Autoencoder(config.channels, config.latent_channels)
    if options.begin:
        take_over(begun, load_file(options.begin))
    for network in (begun, critic):
        channels_last(network)
    whole, alone = (minutes * 60 for minutes in options.minutes)
    # What is drawn sharply already need not wait long for the critic.
    network = train(begun, critic, batches(pixels, halved=0.5), whole, 0.2 if options.begin else 0.4)
    best = decoder(network, critic, batches(pixels, halved=0.5), alone)
    write_atomic(options.out, save({name: value.half().contiguous() for name, value in best.state_dict().items()}))


def take_over(network: Autoencoder, older: Mapping[str, Tensor]) -> None:
    """An older one's weights; latent numbers that it had not are read faintly at first."""
    state = network.state_dict()
    had, has = older["up.0.weight"].shape[1], state["up.0.weight"].shape[1]
    for name, value in older.items():
        if name in ("to_latent.weight", "to_latent.bias"):
            new = state[name] / 2 if name == "to_latent.weight" else torch.zeros_like(state[name])
            # Means come first, then logarithms of variances.
            new[:had], new[has : has + had] = value[:had], value[had:]
            if name == "to_latent.bias":
                new[has + had :] = -1.0
            state[name] = new
        elif name == "up.0.weight":
            state[name] = torch.cat([value.float(), 0.3 * state[name][:, had:]], dim=1)
        else:
            state[name] = value.float()
    network.load_state_dict(state)


def load(path: Path) -> np.ndarray:
    """All training pictures of a catalog, (n, s, s, 3) uint8."""
    catalog = Catalog(path)
    pictures = catalog.images("train", range(len(catalog.train)))
    return np.stack([to_square(p, SIDE, "pad") for p in track(pictures, path.name, len(catalog.train))])


def batches(pixels: np.ndarray, halved: float) -> Iterator[Tensor]:
    """Mirrored at random, and a share of them at half the side."""
    rng = np.random.default_rng(1)
    while True:
        some = pixels[rng.integers(0, len(pixels), BATCH)]
        some = some[:, :, ::-1] if rng.random() < 0.5 else some
        x = torch.from_numpy(np.ascontiguousarray(some)).permute(0, 3, 1, 2).float() / 127.5 - 1
        yield F.avg_pool2d(x, 2) if rng.random() < halved else x


def train(
    autoencoder: Autoencoder, critic: Critic, source: Iterator[Tensor], seconds: float, heard_after: float
) -> Autoencoder:
    """All of it; the critic is heard after that share of the time. Returns the average of the weights."""
    config = LatentConfig()
    reconstruction = Reconstruction(autoencoder, critic, config, 1)

    def losses(pixels: Tensor) -> Mapping[str, Tensor]:
        return reconstruction.draw(Batch(pixels, torch.zeros(len(pixels), 1)), 0)

    return fit(autoencoder, [*autoencoder.parameters()], reconstruction, source, losses, seconds, heard_after)


def decoder(autoencoder: Autoencoder, critic: Critic, source: Iterator[Tensor], seconds: float) -> Autoencoder:
    """What leads from latents to pixels, while the latents stay as they are.

    They come with noise, as drawn ones do (noise-augmented decoding: Zheng et al. 2025, RAE).
    """
    config = LatentConfig()
    reconstruction = Reconstruction(autoencoder, critic, config, 1)
    outward = [*autoencoder.up.parameters(), *autoencoder.to_pixels.parameters()]

    def losses(pixels: Tensor) -> Mapping[str, Tensor]:
        pixels = recolor(crop(pixels, config.crop), config.recolor)
        with torch.no_grad():
            latent = autoencoder.encode(pixels).sample()
            strength = NOISE * torch.randn(len(pixels), 1, 1, 1).abs() * (torch.rand(len(pixels), 1, 1, 1) < 0.7)
            latent = latent + strength * torch.randn_like(latent)
        drawn = autoencoder.decode(latent)
        return {"reconstruction": (drawn - pixels).abs().mean(), **reconstruction.look(drawn, pixels, 0)}

    return fit(autoencoder, outward, reconstruction, source, losses, seconds, 0.0)


def fit(
    autoencoder: Autoencoder,
    moved: list[nn.Parameter],
    reconstruction: Reconstruction,
    source: Iterator[Tensor],
    losses: Callable[[Tensor], Mapping[str, Tensor]],
    seconds: float,
    heard_after: float,
) -> Autoencoder:
    """The average of the weights after that time."""
    schedule, average = TrainingConfig(decay=0.4), copy.deepcopy(autoencoder)
    critic = reconstruction.critic
    players = [
        (moved, torch.optim.AdamW(moved, RATE, (0.9, 0.99), weight_decay=0, fused=True)),
        ([*critic.parameters()], torch.optim.AdamW(critic.parameters(), RATE, (0.5, 0.99), weight_decay=0, fused=True)),
    ]
    begin, step, said = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - begin) / seconds) < 1:
        reconstruction.critic_after = 0 if done >= heard_after else 1
        factor = min(1.0, (step + 1) / 100) * rate_at(round(done * 100_000), 100_000, schedule)
        drawn = losses(next(source))
        move(*players[0], sum(drawn.values(), torch.zeros(())), factor)
        move(*players[1], reconstruction.criticise()["critic"], factor)
        follow(average, autoencoder, min(0.995, (1 + step) / (10 + step)))
        step += 1
        if done - said > 0.02:
            said = done
            say(f"{done:.0%}, step {step}: " + " ".join(f"{k} {v.item():.3f}" for k, v in drawn.items()))
    return average


def move(parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer, loss: Tensor, factor: float) -> None:
    """One step of a player; the other is passed through."""
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    nn.utils.clip_grad_norm_(parameters, 1.0)
    for group in optimizer.param_groups:
        group["lr"] = RATE * factor
    optimizer.step()


if __name__ == "__main__":
    main()
