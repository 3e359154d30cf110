"""A model adapted to fifty pictures of one kind that it was never trained on: what it learns, and what it forgets.

    python benchmarks/adaptation.py SHOP CATALOG -o FOLDER [--model DIR] [--kind NAME] [--budget 9m]

SHOP is a built catalog with pictures of that kind, by default its most frequent one; fifty are trained on and ten are
held out. CATALOG is what the model was trained on. Prints one JSON document: how far the held-out pictures are from 64
that the model draws of their descriptions (lite0 features, Euclidean; mean over pairs, and from each to its nearest),
before and after, and from the real pictures that were trained on, which is about as near as anything comes; and the
share of held-out descriptions of CATALOG whose kind and color it shows, before and after, as shares of what real
pictures reach. FOLDER gets the adapted model and a sheet: held-out pictures above, drawn ones before and after below.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation.held_out import held_out_scores
from packshot.evaluation.reference import Reference, evenly
from packshot.features.lite0 import Lite0
from packshot.files import write_atomic
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.images.encode import encode
from packshot.images.resize import to_square

TRAINED, HELD_OUT, DRAWN, ASKED = 50, 10, 64, 256


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shop", type=Path)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--kind")
    parser.add_argument("--budget", default="9m")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True)
    before = open_model(asked.model)
    texts, held_out, trained_on = divided(Catalog(asked.shop), asked.kind, asked.out / "shop")
    packshot = [sys.executable, "-m", "packshot"]
    catalog, model = str(asked.out / "catalog"), asked.out / "model"
    subprocess.run([*packshot, "catalog", "build", str(asked.out / "shop"), "-o", catalog, "--json"], check=True)
    started = time.monotonic()
    origin = "default" if asked.model is None else str(asked.model)
    adapt = ["train", catalog, "-o", str(model), "--from", origin, "--budget", asked.budget]
    subprocess.run([*packshot, *adapt], check=True)
    minutes = (time.monotonic() - started) / 60
    after = ModelFolder(model)
    side, fit = before.config.resolution, before.config.fit
    real, shown = ([to_square(picture, side, fit) for picture in some] for some in (held_out, trained_on))
    drawn = {name: of(m, texts) for name, m in (("before", before), ("after", after))}
    reference = Reference.of(before.config, Catalog(asked.catalog))
    kept = {name: adherence(m, reference) for name, m in (("before", before), ("after", after))}
    far = {name: distances(real, pictures) for name, pictures in (*drawn.items(), ("real", shown))}
    fall = {key: round(1 - far["after"][key] / far["before"][key], 3) for key in far["before"]}
    rows = [np.concatenate(row[:HELD_OUT], axis=1) for row in (real, drawn["before"], drawn["after"])]
    write_atomic(asked.out / "sheet.png", encode(np.concatenate(rows), "png"))
    result = {"minutes": round(minutes, 1), "distance": far, "fall": fall, "adherence": kept}
    print(json.dumps(result, indent=2))


def divided(
    shop: Catalog, kind: str | None, out: Path
) -> tuple[list[str], list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """Write the pictures to train on as a shop would export them.

    Returns:
        Descriptions and pictures of the others, and the pictures to train on.
    """
    attributes = shop.attributes("train")
    kinds = [terms.get("category", ("",))[0] for terms in attributes]
    kind = kind or Counter(kinds).most_common(1)[0][0]
    rows = [int(i) for i in np.random.default_rng(0).permutation([i for i, k in enumerate(kinds) if k == kind])]
    if len(rows) < TRAINED + HELD_OUT:
        raise SystemExit(f"{len(rows)} pictures of {kind!r}, {TRAINED + HELD_OUT} are needed")
    text = shop.train["text"].to_list()
    (out / "images").mkdir(parents=True)
    with (out / "products.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["sku", "title", "image"])
        trained_on = list(shop.images("train", rows[:TRAINED]))
        for row, picture in zip(rows[:TRAINED], trained_on, strict=True):
            name = f"images/{row}.png"
            (out / name).write_bytes(encode(picture, "png"))
            table.writerow([str(row), text[row], name])
    others = rows[TRAINED : TRAINED + HELD_OUT]
    return [text[i] for i in others], list(shop.images("train", others)), trained_on


def of(model: ModelFolder, texts: list[str]) -> list[NDArray[np.uint8]]:
    """What the model draws of the descriptions, by turns."""
    wanted = [(texts[i % len(texts)], i) for i in range(DRAWN)]
    return [made.pixels for made in Generator(model).pictures(wanted)]


def distances(real: list[NDArray[np.uint8]], drawn: list[NDArray[np.uint8]]) -> dict[str, float]:
    """Mean distance over pairs, and of each real picture to the nearest drawn one."""
    a, b = (Lite0().embed(pictures) for pictures in (real, drawn))
    pairs = np.linalg.norm(a[:, None] - b[None], axis=2)
    return {"pairs": round(float(pairs.mean()), 3), "nearest": round(float(pairs.min(axis=1).mean()), 3)}


def adherence(model: ModelFolder, reference: Reference) -> dict[str, float]:
    """Kind and color of held-out descriptions, as shares of what real pictures reach."""
    test = reference.rows["test"]
    rows = [test[i] for i in evenly(len(test), ASKED)]
    frame, attributes = reference.catalog.test, reference.catalog.attributes("test")
    texts, wanted = frame["text"].to_list(), [attributes[i] for i in rows]
    pictures = [made.pixels for made in Generator(model).pictures([(texts[i], k) for k, i in enumerate(rows)])]
    scores = held_out_scores(pictures, wanted, reference)
    return {name: round(scores[name], 3) for name in ("category", "color", "fid")}


if __name__ == "__main__":
    main()
