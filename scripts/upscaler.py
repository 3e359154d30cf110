"""Make src/packshot/assets/upscaler.onnx: ``python scripts/upscaler.py FOLDER... [--steps 12000] [-o FILE]``.

The folders hold product photos, 200 pixels or more a side; the network learns to undo their shrinking by four. The same
photos give the same network on the same machine. docs/decisions/finishing-upscale.md has what came of it.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor, nn

from packshot.assets import asset
from packshot.families.common.graphs import export_graph
from packshot.training.stages import channels_last

FACTOR = 4
WIDTH, BLOCKS = 32, 7
SIDE, BATCH, RATE = 24, 16, 1.5e-3
# Pixels at a patch's rim that are not learnt from: beyond it the network sees nothing.
_RIM = 3
# Patches with less contrast than this, in levels, are background.
_FLAT = 4.0
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
# Shops' pictures were made small by programs of all kinds.
_FILTERS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.HAMMING,
    Image.Resampling.BOX,
)


class Upscaler(nn.Module):
    """(n, 3, h, w) pixels in 0..255 to (n, 3, 4h, 4w): what to add to the picture enlarged with a Lanczos filter.

    It sees how pixels differ from their surroundings and has no biases (Mohan et al. 2020, "Robust and interpretable
    blind image denoising via bias-free convolutional neural networks"): where a picture is flat it adds nothing, and
    twice the contrast gives twice the detail. The last step is that of Shi et al. 2016, "Real-time single image and
    video super-resolution using an efficient sub-pixel convolutional neural network".
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, WIDTH, 5, padding=2, bias=False)
        self.blocks = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False) for _ in range(BLOCKS))
        self.last = nn.Conv2d(WIDTH, 3 * FACTOR**2, 3, padding=1, bias=False)
        nn.init.zeros_(self.last.weight)

    def forward(self, pixels: Tensor) -> Tensor:
        pixels = pixels / 255
        x = F.relu(self.first(pixels - F.avg_pool2d(F.pad(pixels, (2, 2, 2, 2), "replicate"), 5, 1)))
        for block in self.blocks:
            x = x + F.relu(block(x))
        return 255 * F.pixel_shuffle(self.last(x), FACTOR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=1200, help="photos of a folder")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("-o", "--out", type=Path, default=asset("upscaler.onnx"))
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = random.Random(0)
    photos = [photo for folder in options.folders for photo in load(folder, options.count, rng)]
    print(f"{len(photos)} photos", flush=True)
    network = train(photos, options.steps, rng)
    export(network, options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e3:.0f} kB", flush=True)


def load(folder: Path, count: int, rng: random.Random) -> list[Image.Image]:
    """Photos drawn from a folder."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    photos = []
    for path in rng.sample(paths, min(count, len(paths))):
        with Image.open(path) as image:
            if min(image.size) >= FACTOR * SIDE:
                photos.append(image.convert("RGB"))
    return photos


def train(photos: list[Image.Image], steps: int, rng: random.Random) -> Upscaler:
    """Mean absolute error, Adam, a learning rate that falls to nothing."""
    network = Upscaler()
    channels_last(network)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    seen, start = 0.0, time.monotonic()
    inner = slice(FACTOR * _RIM, -FACTOR * _RIM)
    for step in range(1, steps + 1):
        small, plain, wanted = (_stacked(part) for part in zip(*(pair(photos, rng) for _ in range(BATCH)), strict=True))
        with torch.autocast("cpu", torch.bfloat16):
            detail = network(small)
        missed = (plain + detail.float() - wanted)[:, :, inner, inner].abs().mean()
        optimizer.zero_grad(set_to_none=True)
        missed.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 20.0)
        optimizer.step()
        schedule.step()
        seen = missed.item() if step == 1 else 0.99 * seen + 0.01 * missed.item()
        if step % 500 == 0:
            print(f"step {step}/{steps}: {seen:.3f} levels, {time.monotonic() - start:.0f} s", flush=True)
    return network


def pair(photos: list[Image.Image], rng: random.Random) -> tuple[NDArray[np.uint8], ...]:
    """A patch made small, that enlarged with Lanczos, and the patch; (h, w, 3) uint8 each."""
    patch = _patch(photos, rng)
    blurred = patch.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.6))) if rng.random() < 0.25 else patch
    small = blurred.resize((SIDE, SIDE), rng.choice(_FILTERS))
    if rng.random() < 0.25:
        file = io.BytesIO()
        small.save(file, "JPEG", quality=rng.randint(75, 95))
        small = Image.open(file)
    plain = small.resize(patch.size, Image.Resampling.LANCZOS)
    return np.asarray(small), np.asarray(plain), np.asarray(patch)


def _patch(photos: list[Image.Image], rng: random.Random) -> Image.Image:
    """A square of a photo that has something in it, mirrored, turned, in other colours, sometimes grey."""
    while True:
        photo, side = rng.choice(photos), FACTOR * SIDE
        left, top = rng.randint(0, photo.width - side), rng.randint(0, photo.height - side)
        pixels = np.asarray(photo.crop((left, top, left + side, top + side)))
        if pixels[::4, ::4].std(axis=(0, 1)).max() > _FLAT:
            break
    pixels = np.rot90(pixels[:, ::-1] if rng.random() < 0.5 else pixels, rng.randrange(4))
    pixels = pixels[..., rng.sample(range(3), 3)]
    if rng.random() < 0.15:
        pixels = np.repeat(pixels[..., :1], 3, -1)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _stacked(pictures: tuple[NDArray[np.uint8], ...]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()


def export(network: Upscaler, path: Path) -> None:
    """The graph takes pictures of any size."""
    export_graph(network.float(), {"pixels": torch.zeros(2, 3, 32, 48)}, ["detail"], path)
    model = onnx.load(path)
    for value, names in ((model.graph.input[0], ("h", "w")), (model.graph.output[0], ("h4", "w4"))):
        for dimension, name in zip(value.type.tensor_type.shape.dim[2:], names, strict=True):
            dimension.dim_param = name
    onnx.save(model, path)


if __name__ == "__main__":
    main()
