"""Make the shipped autoencoder: ``python scripts/autoencoder.py CATALOG... --minutes 60 -o FILE``.

It is trained on every picture of the catalogs, those with a background too, at 128 pixels and at 64 by turns, so that a
shop's own training need only adjust it. docs/decisions/autoencoder.md has what came of it.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from packshot.catalog import Catalog
from packshot.families.common.autoencoder import Autoencoder
from packshot.families.common.latent import LatentConfig
from packshot.families.common.objective import Batch
from packshot.families.common.perceptual import Critic
from packshot.families.common.reconstruction import Reconstruction
from packshot.files import write_atomic
from packshot.images.resize import to_square
from packshot.progress import say, track
from packshot.training.loop import follow, rate_at
from packshot.training.recipe import TrainingConfig
from packshot.training.stages import channels_last

SIDE, BATCH, RATE = 128, 32, 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogs", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    pixels = np.concatenate([load(path) for path in options.catalogs])
    autoencoder = train(pixels, options.minutes * 60)
    halves = {name: value.half().contiguous() for name, value in autoencoder.state_dict().items()}
    write_atomic(options.out, save(halves))


def load(path: Path) -> np.ndarray:
    """All training pictures of a catalog, (n, s, s, 3) uint8."""
    catalog = Catalog(path)
    pictures = catalog.images("train", range(len(catalog.train)))
    return np.stack([to_square(p, SIDE, "pad") for p in track(pictures, path.name, len(catalog.train))])


def batches(pixels: np.ndarray) -> Iterator[Tensor]:
    """Mirrored and halved at random."""
    rng = np.random.default_rng(1)
    while True:
        some = pixels[rng.integers(0, len(pixels), BATCH)]
        some = some[:, :, ::-1] if rng.random() < 0.5 else some
        x = torch.from_numpy(np.ascontiguousarray(some)).permute(0, 3, 1, 2).float() / 127.5 - 1
        yield F.avg_pool2d(x, 2) if rng.random() < 0.5 else x


def train(pixels: np.ndarray, seconds: float) -> Autoencoder:
    """The average of the weights after that time; the critic is heard from two fifths of it on."""
    config, schedule = LatentConfig(), TrainingConfig(decay=0.3)
    torch.manual_seed(0)
    autoencoder = channels_last(Autoencoder(config.channels, config.latent_channels))
    critic = channels_last(Critic())
    average = copy.deepcopy(autoencoder)
    assert isinstance(average, Autoencoder)
    reconstruction = Reconstruction(autoencoder, critic, config, 1)
    players = [
        (autoencoder, torch.optim.AdamW(autoencoder.parameters(), RATE, (0.9, 0.99), weight_decay=0, fused=True)),
        (critic, torch.optim.AdamW(critic.parameters(), RATE, (0.5, 0.99), weight_decay=0, fused=True)),
    ]
    begin, source, step, said = time.monotonic(), batches(pixels), 0, 0.0
    while (done := (time.monotonic() - begin) / seconds) < 1:
        reconstruction.critic_after = 0 if done >= config.adversarial_after else step + 1
        factor = min(1.0, (step + 1) / 100) * rate_at(round(done * 100_000), 100_000, schedule)
        nothing = torch.zeros(BATCH, 1)
        drawn = reconstruction.draw(Batch(next(source), nothing), step)
        move(players[0], sum(drawn.values(), torch.zeros(())), factor)
        move(players[1], reconstruction.criticise()["critic"], factor)
        follow(average, autoencoder, min(0.995, (1 + step) / (10 + step)))
        step += 1
        if done - said > 0.02:
            said = done
            say(f"{done:.0%}, step {step}: " + " ".join(f"{k} {v.item():.3f}" for k, v in drawn.items()))
    return average


def move(player: tuple[nn.Module, torch.optim.Optimizer], loss: Tensor, factor: float) -> None:
    """One step of a network; the other is passed through."""
    network, optimizer = player
    parameters = list(network.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    nn.utils.clip_grad_norm_(parameters, 1.0)
    for group in optimizer.param_groups:
        group["lr"] = RATE * factor
    optimizer.step()


if __name__ == "__main__":
    main()
