"""Contact sheets for judging cut-outs by eye, and the gate fitted on what was judged.

    python scripts/cutout/judge.py sheet --clothing DIR -o SHEET.png --seed 1 [--count 64] [--kept]
    python scripts/cutout/judge.py fit --clothing DIR [--judged scripts/cutout/judged.json]
    python scripts/cutout/judge.py yield --clothing DIR [--count 1000]

``sheet`` draws photo and cut-out side by side, of photos drawn by the seed; ``--kept`` draws only what passes the
gate. ``fit`` prints the constants of ``packshot/cutout/gate.py``. ``yield`` prints the share kept per category.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
from photos import Photo, clothing
from PIL import Image, ImageDraw

from packshot.cutout import CutOut, cut_out, place_on_white
from packshot.cutout.cut import network_mask
from packshot.cutout.measures import NAMES, measure

CELL = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["sheet", "fit", "yield"])
    parser.add_argument("--clothing", type=Path, required=True)
    parser.add_argument("--judged", type=Path, default=Path(__file__).with_name("judged.json"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--kept", action="store_true")
    parser.add_argument("--held-out", action="store_true", help="only photos that no training step saw")
    parser.add_argument("-o", "--out", type=Path, default=Path("sheet.png"))
    args = parser.parse_args()
    photos = [p for p in clothing(args.clothing) if p.held_out or not args.held_out]
    judged = json.loads(args.judged.read_text()) if args.judged.exists() else {}
    if args.what == "fit":
        fit({p.name: p for p in photos}, judged)
        return
    if args.kept:
        # What the gate was fitted on says nothing about the gate.
        photos = [p for p in photos if p.name not in judged]
    random.Random(args.seed).shuffle(photos)
    if args.what == "sheet":
        sheet(photos, args.count, args.kept, args.out)
    else:
        count_yield(photos[: args.count])


def sheet(photos: list[Photo], count: int, kept: bool, path: Path) -> None:
    """Draw ``count`` photos with their cut-outs, and list their names beside the picture."""
    drawn: list[tuple[Photo, CutOut]] = []
    tried = 0
    for photo in photos:
        cut = cut_out(photo.read())
        tried += 1
        if cut.good or not kept:
            drawn.append((photo, cut))
        if len(drawn) == count:
            break
    columns = 8
    page = Image.new("RGB", (columns * (2 * CELL + 8), -(-len(drawn) // columns) * (CELL + 14)), "white")
    draw = ImageDraw.Draw(page)
    for n, (photo, cut) in enumerate(drawn):
        x, y = n % columns * (2 * CELL + 8), n // columns * (CELL + 14)
        rgb = photo.read()
        left = Image.fromarray(rgb)
        left.thumbnail((CELL, CELL))
        page.paste(left, (x, y + 12))
        page.paste(Image.fromarray(place_on_white(rgb, cut.mask, CELL)), (x + CELL + 2, y + 12))
        draw.text((x + 2, y), f"{n} {photo.label} {cut.quality:.2f}{'' if cut.good else ' x'}", "black")
    page.save(path)
    path.with_suffix(".json").write_text(json.dumps([photo.name for photo, _ in drawn]))
    print(f"{path}: {len(drawn)} drawn of {tried} tried")


def count_yield(photos: list[Photo]) -> None:
    """Print how many cut-outs pass the gate, per category and per reason."""
    kept, seen, reasons = Counter[str](), Counter[str](), Counter[str]()
    start = time.process_time()
    for photo in photos:
        cut = cut_out(photo.read())
        seen[photo.label] += 1
        kept[photo.label] += cut.good
        reasons[cut.reason or "kept"] += 1
    print(f"{(time.process_time() - start) / len(photos) * 1000:.0f} ms of processor time a photo")
    for label, n in [*seen.most_common(), ("all", len(photos))]:
        k = kept[label] if label != "all" else sum(kept.values())
        print(f"| {label} | {n} | {k} | {k / n:.0%} |")
    for reason, n in reasons.most_common():
        print(f"{n / len(photos):6.1%}  {reason}")


def fit(photos: dict[str, Photo], judged: dict[str, int]) -> None:
    """Fit the gate's logistic regression and print its constants and how it ranks judged masks."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    names = [name for name in sorted(judged) if name in photos]
    pictures = [photos[name].read() for name in names]
    measures = [measure(rgb, *network_mask(rgb)) for rgb in pictures]
    x = np.array([[row[m] for m in NAMES] for row in measures])
    y = np.array([judged[name] for name in names])
    model = LogisticRegression(C=1.0, max_iter=2000)
    chance = cross_val_predict(model, x, y, cv=10, method="predict_proba")[:, 1]
    model.fit(x, y)
    print(f"{len(y)} judged, {y.mean():.1%} good")
    for threshold in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
        keep = chance >= threshold
        print(f"  {threshold}: keeps {keep.mean():.1%}, good among kept {y[keep].mean():.1%}")
    print("weight and usual value:")
    for name, weight, usual in zip(NAMES, model.coef_[0], np.median(x[y == 1], axis=0), strict=True):
        print(f'    "{name}": ({weight:.2f}, {usual:.2f}),')
    print(f"offset {model.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
