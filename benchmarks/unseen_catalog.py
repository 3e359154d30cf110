"""A shop that no recipe was tuned on: colored sneakers, boots, sandals and handbags made of Fashion-MNIST (MIT).

    python benchmarks/unseen_catalog.py OUT [--products 2400] [--seed 0] [--source DIR]

SOURCE is where Debian's ``dataset-fashion-mnist`` lies. OUT gets ``products.csv`` and ``images/``: each a grey product
of 28 pixels, enlarged to 112, in one of ten colors on white, with an English title in one of several wordings, none of
which is that of the catalogs that the recipes were made with. ``packshot catalog build OUT -o CATALOG`` goes on.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 112
# Fashion-MNIST's number of the kind, and what shops call it.
KINDS = {
    5: ("sandals", "strappy sandals", "open sandals"),
    7: ("sneakers", "low trainers", "running shoes"),
    8: ("handbag", "shoulder bag", "tote bag"),
    9: ("ankle boots", "boots", "leather boots"),
}
COLORS = {
    "black": (38, 38, 42),
    "white": (244, 244, 242),
    "grey": (140, 142, 146),
    "red": (196, 32, 40),
    "blue": (40, 78, 168),
    "green": (46, 122, 66),
    "yellow": (240, 200, 50),
    "brown": (120, 74, 42),
    "pink": (238, 150, 178),
    "beige": (214, 192, 156),
}
WORDINGS = (
    "{Color} {kind}",
    "{Kind} in {color}",
    "Women's {color} {kind}, everyday wear",
    "Classic {kind} - {color} - new season",
    "{Kind}, {color}, lightweight",
)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--products", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    asked = parser.parse_args()
    grey, kinds = read(asked.source)
    chance = np.random.default_rng(asked.seed)
    rows = chance.permutation(np.flatnonzero(np.isin(kinds, list(KINDS))))[: asked.products]
    (asked.out / "images").mkdir(parents=True)
    with (asked.out / "products.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["sku", "title", "image"])
        for number, row in enumerate(rows):
            color = list(COLORS)[chance.integers(len(COLORS))]
            names = KINDS[int(kinds[row])]
            title = titled(str(chance.choice(names)), color, WORDINGS[chance.integers(len(WORDINGS))])
            name = f"{number:05d}.png"
            Image.fromarray(colored(grey[row], COLORS[color])).save(asked.out / "images" / name)
            table.writerow([f"F{number:05d}", title, name])


def read(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(n, 28, 28) pictures and (n,) kinds."""
    found = []
    for name, header, shape in (("images-idx3", 16, (-1, 28, 28)), ("labels-idx1", 8, (-1,))):
        (path,) = folder.rglob(f"train-{name}-ubyte*")
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found.append(np.frombuffer(data, np.uint8, offset=header).reshape(shape))
    return found[0], found[1]


def colored(grey: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A grey product on black (28, 28) as (112, 112, 3) in a color on white."""
    large = np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32) / 255
    opaque = np.clip((large - 0.06) / 0.1, 0, 1)[..., None]
    shade = (0.45 + 0.55 * large)[..., None] * np.asarray(color, np.float32)
    return (opaque * shade + (1 - opaque) * 255).round().astype(np.uint8)


def titled(kind: str, color: str, wording: str) -> str:
    """A title."""
    return wording.format(kind=kind, Kind=kind.capitalize(), color=color, Color=color.capitalize())


if __name__ == "__main__":
    main()
