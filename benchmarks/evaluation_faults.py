"""Which metric sees which fault: real pictures with one thing wrong, judged as if a model had drawn them.

    python benchmarks/evaluation_faults.py CATALOG [--images 800] [--resolution 64] [--without background]

The training split is cut in two: one half plays the training pictures, the other, faulty or not, the generated ones;
the held-out split is what they are judged by. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.catalog import Catalog
from packshot.evaluation.authenticity import authenticity
from packshot.evaluation.diversity import vendi_score
from packshot.evaluation.fidelity import fidelity
from packshot.evaluation.near_copies import View, closest
from packshot.evaluation.reference import Reference, evenly, kind_of
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail

Picture = NDArray[np.uint8]


class Measured(NamedTuple):
    """Pictures as lite0 features (n, 1280) and as thumbnails (n, 192)."""

    features: NDArray[np.float32]
    thumbnails: NDArray[np.float32]

    def part(self, which: NDArray[np.generic]) -> Measured:
        return Measured(self.features[which], self.thumbnails[which])


def blur(sigma: float) -> Callable[[Picture, int], Picture]:
    return lambda rgb, _: np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(sigma)))


def noise(sigma: float) -> Callable[[Picture, int], Picture]:
    def add(rgb: Picture, number: int) -> Picture:
        grain = np.random.default_rng(number).normal(0, sigma, rgb.shape)
        return np.clip(np.rint(rgb + grain), 0, 255).astype(np.uint8)

    return add


def jpeg(quality: int) -> Callable[[Picture, int], Picture]:
    def squeeze(rgb: Picture, _: int) -> Picture:
        out = io.BytesIO()
        Image.fromarray(rgb).save(out, "JPEG", quality=quality)
        return np.asarray(Image.open(out).convert("RGB"))

    return squeeze


PIXEL_FAULTS = {
    "blur, σ 0.5 px": blur(0.5),
    "blur, σ 1 px": blur(1.0),
    "noise, σ 4 of 255": noise(4),
    "noise, σ 12 of 255": noise(12),
    "JPEG, quality 30": jpeg(30),
    "JPEG, quality 10": jpeg(10),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--images", type=int, default=800)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--without", nargs="*", default=["background"])
    given = parser.parse_args()
    reference = Reference(Catalog(given.catalog), given.resolution, "pad", given.without)
    rows = np.random.default_rng(0).permutation(len(reference.rows["train"]))
    trained, drawn = np.sort(rows[: len(rows) // 2]), np.sort(rows[len(rows) // 2 :])
    drawn = drawn[evenly(len(drawn), given.images)]
    every = Measured(np.asarray(reference.training), np.asarray(reference.thumbnails("train")))
    real = Measured(np.asarray(reference.held_out), np.asarray(reference.thumbnails("test")))
    training, whole = every.part(trained), every.part(drawn)
    known = reference.attributes("train")
    kinds = np.array([kind_of(known[i]) for i in drawn])
    names, counts = np.unique(kinds, return_counts=True)
    common = names[np.argsort(-counts)]
    repeated = np.arange(len(drawn)) % max(1, len(drawn) // 10)
    half = len(drawn) // 2
    some = trained[evenly(len(trained), len(drawn))]
    sets = {"nothing": whole}
    for name, change in PIXEL_FAULTS.items():
        sets[name] = _changed(reference, drawn, change)
    sets |= {
        "the rarest half of the kinds of product missing": whole.part(np.isin(kinds, common[: (len(common) + 1) // 2])),
        "only the most frequent kind of product": whole.part(kinds == common[0]),
        "each picture ten times": whole.part(repeated),
        "half are copies of training pictures": every.part(np.concatenate([drawn[:half], trained[:half]])),
        "all are copies of training pictures": every.part(some),
        "all are such copies, blurred, σ 1.5 px": _changed(reference, some, blur(1.5)),
    }
    print(
        "| what is wrong | FID | KID × 1000 | precision | recall | density | coverage | spread | Vendi | near-copies "
        "| authenticity |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    for name, measured in sets.items():
        print(_row(name, real, measured, training), flush=True)


def _changed(reference: Reference, rows: NDArray[np.int64], change: Callable[[Picture, int], Picture]) -> Measured:
    pictures = [change(p, number) for number, p in enumerate(reference.pictures("train", rows.tolist()))]
    return Measured(Lite0().embed(pictures), Thumbnail().embed(pictures))


def _row(name: str, real: Measured, measured: Measured, training: Measured) -> str:
    features, found = measured.features, fidelity(real.features, measured.features)
    copies = closest(*(View(*views) for views in zip(training, real, measured, strict=True)))
    cells = [
        f"{found['fid'].value:.1f}",
        f"{1000 * found['kid'].value:.2f}",
        *(f"{100 * found[m].value:.0f} %" for m in ("precision", "recall")),
        f"{found['density'].value:.2f}",
        f"{100 * found['coverage'].value:.0f} %",
        f"{found['spread'].value:.2f}",
        f"{vendi_score(features):.1f}",
        f"{100 * copies.share.value:.1f} %",
        f"{100 * authenticity(training.features, features).value:.0f} %",
    ]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
