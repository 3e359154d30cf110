"""Make src/packshot/assets/cutout.onnx: the network that tells a product from the floor it lies on.

    python scripts/cutout/train.py --clothing DIR --grocery DIR -o OUT

No mask is drawn by hand. GrabCut gives the first masks; those on which its starts agree, and composites made of them,
train a network; its own masks, where it is sure and colour models agree with it, train the next round (self-training,
Yarowsky 1995). OUT keeps every step, so that a stopped run goes on where it was. The graph is OUT/cutout.onnx.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from composites import Composer, Example
from network import SIDE, CutOutNetwork, loss
from numpy.typing import NDArray
from photos import Photo, clothing, grabcut_masks, sure_masks
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from packshot.cutout.plain import from_plain_background
from packshot.families.common.graphs import export_graph
from packshot.images.resize import resize
from packshot.training.stages import channels_last

_BATCH = 12


@dataclass(frozen=True)
class Round:
    """One round of self-training.

    Attributes:
        photos: which of the shuffled photos are masked anew.
        side: pixels of the square pairs.
        steps: steps of 12 pairs.
        real: share of pairs that are photos rather than composites.
        rate: highest learning rate of the decoder; the encoder's is a tenth.
    """

    photos: slice
    side: int
    steps: int
    real: float
    rate: float


ROUNDS = (
    Round(slice(0, None, 2), 160, 500, 0.35, 2e-3),
    Round(slice(0, 1200), SIDE, 450, 0.5, 1.5e-3),
    Round(slice(0, 2400), SIDE, 600, 0.5, 1e-3),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clothing", type=Path, required=True, help="folder with images.csv and images/")
    parser.add_argument("--grocery", type=Path, required=True, help="folder with images/")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=len(ROUNDS), help="stop after this many")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    photos = [photo for photo in clothing(args.clothing) if not photo.held_out]
    random.Random(0).shuffle(photos)
    scenes = [_read(path) for path in sorted((args.grocery / "images").glob("t*.jpg"))[::25]]
    products = _packshots(args.grocery / "images")
    torch.manual_seed(0)
    network = CutOutNetwork()
    for number, plan in enumerate(ROUNDS[: args.rounds], 1):
        chosen = photos[plan.photos]
        weights = args.out / f"round{number}.safetensors"
        if not weights.exists():
            masks = args.out / f"masks{number}.npz"
            if not masks.exists():
                believer = None if number == 1 else Believer(network)
                _write_masks(chosen, believer, masks)
            examples = _examples(chosen, masks)
            print(f"round {number}: {len(examples)} of {len(chosen)} photos have sure masks", flush=True)
            composer = Composer(examples, products, scenes, plan.side, plan.real, seed=number)
            save_file(train(network, composer, plan.steps, plan.rate), weights)
        network.load_state_dict(load_file(weights))
    graph = args.out / "cutout.onnx"
    example = {"pixels": torch.zeros(2, 3, SIDE, SIDE)}
    export_graph(nn.Sequential(network.eval(), nn.Sigmoid()), example, ["belief"], graph)
    print(f"{graph}: {graph.stat().st_size / 1e6:.2f} MB")


def train(network: CutOutNetwork, composer: Composer, steps: int, rate: float) -> dict[str, Tensor]:
    """Train for ``steps``; the running average of the weights (Polyak and Juditsky 1992)."""
    channels_last(network.train())
    average = {name: value.clone() for name, value in network.state_dict().items()}
    groups = [
        {"params": network.decoder_parameters(), "lr": rate},
        {"params": network.encoder_parameters(), "lr": rate / 10},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [rate, rate / 10], total_steps=steps, pct_start=0.1, anneal_strategy="cos"
    )
    seen, start = 0.0, time.monotonic()
    for step in range(1, steps + 1):
        pixels, target = (_channels_first(a) for a in composer.batch(_BATCH))
        value = loss(network(pixels), target)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            keep = min(0.99, (1 + step) / (10 + step))
            state = network.state_dict()
            for name, held in average.items():
                held.lerp_(state[name], 1 - keep) if held.is_floating_point() else held.copy_(state[name])
        seen = value.item() if step == 1 else 0.95 * seen + 0.05 * value.item()
        if step % 50 == 0:
            print(f"  step {step}/{steps} loss {seen:.4f} {time.monotonic() - start:.0f} s", flush=True)
    return {name: value.contiguous() for name, value in average.items()}


class Believer:
    """A network's belief on whole photos."""

    def __init__(self, network: CutOutNetwork) -> None:
        self.network = network.eval()

    @torch.inference_mode()
    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(2, 192, 192) in 0..1: the belief for (h, w, 3) uint8, and that for its mirror image, mirrored back."""
        small = torch.from_numpy(resize(rgb, SIDE, SIDE).astype(np.float32)).permute(2, 0, 1)
        both = torch.sigmoid(self.network(torch.stack([small, small.flip(-1)])))[:, 0]
        return torch.stack([both[0], both[1].flip(-1)]).numpy()


def _write_masks(photos: list[Photo], believer: Believer | None, path: Path) -> None:
    found = grabcut_masks(photos) if believer is None else sure_masks(photos, believer)
    arrays: dict[str, Any] = {}
    for n, (photo, mask) in enumerate(found, 1):
        arrays[photo.name] = (mask.astype(np.float32) * 255).astype(np.uint8)
        if n % 100 == 0:
            print(f"  {n} masks", flush=True)
    np.savez_compressed(path, **arrays)


def _examples(photos: list[Photo], masks: Path) -> list[Example]:
    by_name = {photo.name: photo for photo in photos}
    with np.load(masks) as stored:
        return [Example.of(by_name[n].read(), stored[n].astype(np.float32) / 255) for n in stored.files]


def _packshots(folder: Path) -> list[Example]:
    pictures = [_read(path) for path in sorted(folder.glob("*_iconic.jpg"))]
    masks = [from_plain_background(rgb) for rgb in pictures]
    return [Example.of(rgb, mask) for rgb, mask in zip(pictures, masks, strict=True) if mask is not None]


def _read(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _channels_first(array: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    main()
