"""The plain recipe, as a baseline for the families: what one gets without perceptual terms, critics or distillation.

    python benchmarks/plain_recipe.py CATALOG -o FOLDER [--minutes 35] [--threads 2]

Three sevenths of the time train a convolutional autoencoder of 64-pixel pictures to 4 × 4 × 16 latents by absolute and
gradient differences, the rest a rectified flow over their 16 tokens, told the sentence vector of the English
description alone. Pictures of held-out descriptions in 20 steps, guidance 2.5, are judged as packshot's own are, and
FOLDER gets a sheet of them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor, nn

from packshot.catalog import Catalog
from packshot.evaluation.held_out import held_out_scores
from packshot.evaluation.reference import Reference, evenly
from packshot.families.common.family import to_uint8
from packshot.families.flow.config import Config
from packshot.families.flow.network import Velocity
from packshot.files import write_atomic
from packshot.images.encode import encode
from packshot.progress import say
from packshot.text.attributes import load_vocabulary
from packshot.text.condition import Conditioner
from packshot.text.encoder import encoder_named
from packshot.training.data import load_training_set
from packshot.training.recipe import TrainingConfig
from packshot.training.stages import channels_last

SIDE, CHANNELS, BATCH, STEPS, GUIDANCE, DRAWN = 64, (32, 64, 128, 192), 64, 20, 2.5, 512


class Autoencoder(nn.Module):
    """Pixels (n, 3, 64, 64) to latents (n, 16, 4, 4) and back."""

    def __init__(self) -> None:
        super().__init__()
        down: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(12, CHANNELS[0], 3, padding=1)]
        up: list[nn.Module] = [nn.Conv2d(16, CHANNELS[-1], 3, padding=1)]
        for a, b in pairwise(CHANNELS):
            down += [nn.SiLU(), nn.Conv2d(a, b, 3, 2, 1), nn.SiLU(), nn.Conv2d(b, b, 3, padding=1)]
        for a, b in pairwise(reversed(CHANNELS)):
            up += [nn.SiLU(), nn.Conv2d(a, a, 3, padding=1), nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1)]
        self.down = nn.Sequential(*down, nn.SiLU(), nn.Conv2d(CHANNELS[-1], 16, 1))
        self.up = nn.Sequential(*up, nn.SiLU(), nn.Conv2d(CHANNELS[0], 12, 3, padding=1), nn.PixelShuffle(2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=35)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    catalog, training = Catalog(options.catalog), TrainingConfig()
    conditioner = Conditioner(encoder_named(training.encoder), (), load_vocabulary())
    data = load_training_set(catalog, catalog.rows("train", training.without), SIDE, training.fit, conditioner)
    pixels, told = np.asarray(data.pixels), data.vectors[data.texts[:, 0, 1]]
    rng = np.random.default_rng(0)

    def batch(size: int) -> tuple[Tensor, Tensor]:
        rows = rng.integers(0, len(pixels), size)
        some = pixels[rows][:, :, :: rng.choice((1, -1))]
        return torch.from_numpy(some.copy()).permute(0, 3, 1, 2) / 127.5 - 1, torch.from_numpy(told[rows])

    autoencoder = Autoencoder()
    channels_last(autoencoder)
    trained(autoencoder, lambda: reconstruct(autoencoder, batch(BATCH)[0]), options.minutes * 60 * 3 / 7, "autoencoder")
    with torch.no_grad():
        latents = torch.cat([autoencoder.down(batch(BATCH)[0]) for _ in range(8)])
    scale = latents.std()
    velocity = Velocity(Config(resolution=32, latent_channels=16, patch=1, condition_dim=told.shape[1]))

    def match() -> Tensor:
        images, condition = batch(BATCH)
        with torch.no_grad():
            z = autoencoder.down(images) / scale
        kept = (torch.rand(len(z), 1) > 0.1).float()
        t, start = torch.rand(len(z)), torch.randn_like(z)
        there = call(velocity, torch.lerp(start, z, t[:, None, None, None]), t, condition * kept)
        return (there - (z - start)).square().mean()

    trained(velocity, match, options.minutes * 60 * 4 / 7, "flow")
    judge(catalog, conditioner, training, lambda c: draw(velocity, autoencoder, scale, c), options.out)


def reconstruct(autoencoder: Autoencoder, images: Tensor) -> Tensor:
    drawn = autoencoder.up(autoencoder.down(images))
    edges = sum((drawn.diff(dim=d) - images.diff(dim=d)).abs().mean() for d in (2, 3))
    return (drawn - images).abs().mean() + edges


def call(velocity: Velocity, z: Tensor, t: Tensor, condition: Tensor) -> Tensor:
    found: Tensor = velocity(z, t, torch.zeros_like(t), torch.ones_like(t), condition)
    return found


def trained(network: nn.Module, loss: Callable[[], Tensor], seconds: float, name: str) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3 if name == "autoencoder" else 5e-4)
    average = [p.detach().clone() for p in network.parameters()]
    begin, step = time.monotonic(), 0
    while (done := (time.monotonic() - begin) / seconds) < 1:
        optimizer.param_groups[0]["lr"] = (1e-3 if name == "autoencoder" else 5e-4) * min(1, (1 - done) / 0.3)
        optimizer.zero_grad()
        value = loss()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        torch._foreach_lerp_(
            average, [p.detach() for p in network.parameters()], 1 - min(0.999, (step + 1) / (step + 10))
        )
        if (step := step + 1) % 200 == 0:
            say(f"{name} {done:.0%}, step {step}: {value.item():.4f}")
    with torch.no_grad():
        for parameter, mean in zip(network.parameters(), average, strict=True):
            parameter.copy_(mean)
    say(f"{name}: {step * BATCH} pictures seen")


@torch.no_grad()
def draw(velocity: Velocity, autoencoder: Autoencoder, scale: Tensor, condition: Tensor) -> np.ndarray:
    z = torch.randn(len(condition), 16, 4, 4)
    for i in range(STEPS):
        t = torch.full((len(z),), i / STEPS)
        said, unsaid = call(velocity, z, t, condition), call(velocity, z, t, torch.zeros_like(condition))
        z = z + (unsaid + GUIDANCE * (said - unsaid)) / STEPS
    return to_uint8(autoencoder.up(z * scale).numpy())


def judge(
    catalog: Catalog,
    conditioner: Conditioner,
    training: TrainingConfig,
    drawing: Callable[[Tensor], np.ndarray],
    out: Path,
) -> None:
    reference = Reference(catalog, SIDE, training.fit, training.without)
    texts, known = reference.descriptions("test"), reference.attributes("test")
    rows = [row for _ in range(1 + DRAWN // len(texts)) for row in range(len(texts))][:DRAWN]
    told = torch.from_numpy(conditioner.vectors([texts[row][0] for row in rows]))
    pictures = np.concatenate([drawing(told[i : i + 32]) for i in range(0, len(rows), 32)])
    for name, value in held_out_scores(list(pictures), [known[row] for row in rows], reference).items():
        print(f"{name:<10} {value:.4f}")
    shown = pictures[evenly(len(pictures), 64)].reshape(8, 8, SIDE, SIDE, 3)
    write_atomic(out / "samples.png", encode(shown.swapaxes(1, 2).reshape(8 * SIDE, 8 * SIDE, 3), "png"))


if __name__ == "__main__":
    main()
