"""Which metric sees which fault: real pictures with one thing wrong, judged as if a model had drawn them.

    python benchmarks/evaluation_faults.py CATALOG [--images 800] [--resolution 64] [--without background]

The training split is cut in two: one half plays the training pictures, the other, faulty or not, the generated ones;
the held-out split is what they are judged by. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from packshot.catalog import Catalog
from packshot.evaluation.authenticity import authenticity
from packshot.evaluation.diversity import vendi_score
from packshot.evaluation.fidelity import fidelity
from packshot.evaluation.near_copies import closest
from packshot.evaluation.reference import Reference, evenly, kind_of
from packshot.features.lite0 import Lite0

Picture = NDArray[np.uint8]


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
    training, whole = np.asarray(reference.training)[trained], np.asarray(reference.training)[drawn]
    known = reference.attributes("train")
    kinds = np.array([kind_of(known[i]) for i in drawn])
    names, counts = np.unique(kinds, return_counts=True)
    common = names[np.argsort(-counts)]
    repeated = np.arange(len(whole)) % max(1, len(whole) // 10)
    half = len(whole) // 2
    sets: dict[str, NDArray[np.float32]] = {"nothing": whole}
    for name, change in PIXEL_FAULTS.items():
        sets[name] = Lite0().embed(_changed(reference, drawn, change))
    sets |= {
        "the rarest half of the kinds of product missing": whole[np.isin(kinds, common[: (len(common) + 1) // 2])],
        "only the most frequent kind of product": whole[kinds == common[0]],
        "each picture ten times": whole[repeated],
        "half are copies of training pictures": np.concatenate([whole[:half], training[:half]]),
        "all are copies of training pictures": training[evenly(len(training), len(whole))],
    }
    print(
        "| what is wrong | FID | KID × 1000 | precision | recall | density | coverage | spread | Vendi | near-copies "
        "| authenticity |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    for name, features in sets.items():
        print(_row(name, np.asarray(reference.held_out), features, training), flush=True)


def _changed(
    reference: Reference, rows: NDArray[np.int64], change: Callable[[Picture, int], Picture]
) -> Iterator[Picture]:
    for number, picture in enumerate(reference.pictures("train", rows.tolist())):
        yield change(picture, number)


def _row(name: str, real: NDArray[np.float32], features: NDArray[np.float32], training: NDArray[np.float32]) -> str:
    found = fidelity(real, features)
    cells = [
        f"{found['fid'].value:.1f}",
        f"{1000 * found['kid'].value:.2f}",
        *(f"{100 * found[m].value:.0f} %" for m in ("precision", "recall")),
        f"{found['density'].value:.2f}",
        f"{100 * found['coverage'].value:.0f} %",
        f"{found['spread'].value:.2f}",
        f"{vendi_score(features):.1f}",
        f"{100 * closest(training, real, features).share.value:.1f} %",
        f"{100 * authenticity(training, features).value:.0f} %",
    ]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
