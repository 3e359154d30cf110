"""A contact sheet of cut-outs drawn by a fixed seed, to be judged by eye, and the yield by category.

    python benchmarks/cutout_sheet.py CATALOG -o sheet.png [--count 64] [--seed 0]

CATALOG was built with --cut-out. Whoever judges counts the pictures that a buyer would take for a good product image.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from packshot.catalog import Catalog

_CELL, _ACROSS = 192, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    catalog = Catalog(options.catalog)
    good = np.flatnonzero(catalog.train["flags"].list.contains("cut-out").to_numpy())
    rows = sorted(np.random.default_rng(options.seed).choice(good, options.count, replace=False).tolist())
    sheet = Image.new("RGB", (_CELL * _ACROSS, -(-options.count // _ACROSS) * _CELL), "#c8c8c8")
    draw = ImageDraw.Draw(sheet)
    for place, rgb in enumerate(catalog.images("train", rows)):
        x, y = place % _ACROSS * _CELL, place // _ACROSS * _CELL
        sheet.paste(Image.fromarray(rgb).resize((_CELL - 4, _CELL - 4), Image.Resampling.LANCZOS), (x + 2, y + 2))
        draw.text((x + 6, y + 4), str(place + 1), fill="#d00000")
    sheet.save(options.out)
    everything = pl.concat([catalog.train, catalog.test])
    by_category = (
        everything.group_by("category")
        .agg(pl.len().alias("pictures"), pl.col("flags").list.contains("cut-out").sum().alias("cut out"))
        .sort("pictures", descending=True)
    )
    for category, pictures, cut in by_category.iter_rows():
        print(f"  {category:<14} {cut:>5} of {pictures:>5}  {cut / pictures:.0%}")
    total = everything["flags"].list.contains("cut-out").sum()
    print(f"  {'all':<14} {total:>5} of {everything.height:>5}  {total / everything.height:.0%}")


if __name__ == "__main__":
    main()
