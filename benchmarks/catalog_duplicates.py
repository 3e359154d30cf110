"""How many planted near duplicates the catalog room finds, and how many strangers it takes for duplicates.

    python benchmarks/catalog_duplicates.py CATALOG...

Every picture of a sample gets two changed copies. A pair is right when both come from one picture. Pairs of different
pictures count as wrong even where a catalog holds duplicates of its own; they are listed to be looked at.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image
from planting import OTHERS, SIX, changed

from packshot.catalog import Catalog
from packshot.catalog.duplicates import near_duplicates
from packshot.catalog.hashing import bits, perceptual_hash
from packshot.catalog.inspection import features
from packshot.catalog.looks import looks

WAYS = (*SIX, *OTHERS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogs", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=400, help="pictures of each catalog")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    for path in options.catalogs:
        measure(path, options.sample, np.random.default_rng(options.seed))


def measure(path: Path, sample: int, rng: np.random.Generator) -> None:
    catalog = Catalog(path)
    rows = sorted(rng.choice(catalog.train.height, min(sample, catalog.train.height), replace=False).tolist())
    pictures, origin, way_of = [], [], []
    for number, rgb in enumerate(catalog.images("train", rows)):
        ways = ["", *map(str, rng.choice(WAYS, 2, replace=False))]
        copies = [changed(Image.fromarray(rgb), way, rng) if way else Image.fromarray(rgb) for way in ways]
        pictures += [np.asarray(copy) for copy in copies]
        origin += [number] * 3
        way_of += ways
    rows_of_features = np.stack([features(p) for p in pictures])
    seen = np.stack([looks(p) for p in pictures])
    hashes = bits([perceptual_hash(p) for p in pictures])
    started = time.perf_counter()
    found = {(p.first, p.second): p.agreement for p in near_duplicates(seen, rows_of_features, hashes, mirrored=True)}
    seconds = time.perf_counter() - started
    planted, hit = Counter[str](), Counter[str]()
    for first in range(0, len(pictures), 3):
        for copy in (first + 1, first + 2):
            planted[way_of[copy]] += 1
            hit[way_of[copy]] += (first, copy) in found
    wrong = sorted(((a, i, j) for (i, j), a in found.items() if origin[i] != origin[j]), reverse=True)
    print(f"\n{catalog.name}: {len(rows)} pictures, {len(pictures)} with their copies, {seconds:.0f} s")
    for way in WAYS:
        print(f"  {way:<18} {hit[way]:>4} of {planted[way]:>4}")
    print(f"  recall {hit.total() / planted.total():.4f}, precision {1 - len(wrong) / max(1, len(found)):.4f}")
    for agreement, i, j in wrong[:10]:
        print(f"  rows {rows[origin[i]]} and {rows[origin[j]]} agree to {agreement:.3f}")


if __name__ == "__main__":
    main()
