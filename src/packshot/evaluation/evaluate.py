"""The judgement of one model folder against one catalog."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot import __version__
from packshot.artifact import ModelFolder, write_json
from packshot.catalog import Catalog, Split
from packshot.errors import PackshotError
from packshot.evaluation.card import write_card
from packshot.evaluation.frechet import frechet_distance, moments
from packshot.evaluation.kid import kernel_distance
from packshot.features.lite0 import Lite0
from packshot.generation.generator import Generator
from packshot.images.resize import Fit, to_square
from packshot.progress import track

FEWEST_GENERATED = 512
# Below this number of real pictures the distances are dominated by the sample, not by the model.
ENOUGH_REAL = 200
WAY = "pictures at the model's resolution, resized to 224 px with an antialiasing Lanczos filter"


def evaluate(folder: Path, catalog_path: Path, out: Path | None = None) -> dict[str, Any]:
    """Judge a model against the held-out split of a catalog and write ``evaluation.json`` and the card.

    Args:
        out: where to write; None writes into the model folder.

    Returns:
        What is in ``evaluation.json``.

    Raises:
        PackshotError: no such model or catalog, or fewer than 2 held-out pictures.
    """
    model, catalog = ModelFolder(folder), Catalog(catalog_path)
    result = judge(model, catalog)
    target = out or folder
    write_json(target / "evaluation.json", result)
    write_card(target, model.config, result)
    return result


def judge(model: ModelFolder, catalog: Catalog) -> dict[str, Any]:
    """FID and KID of a model, with the same distances between real pictures as the level that cannot be beaten."""
    features, config = Lite0(), model.config
    rows = catalog.rows("test", config.without)
    held_out = len(rows)
    if held_out < 2:
        raise PackshotError(f"only {held_out} held-out pictures, at least 2 are needed", catalog.path)
    # Evenly spread rows, since a catalog may be sorted by kind.
    train = catalog.rows("train", config.without)
    spread = [train[i] for i in np.linspace(0, len(train) - 1, min(held_out, len(train))).astype(int)]
    real = features.embed(_pictures(catalog, "test", rows, config.resolution, config.fit))
    others = features.embed(_pictures(catalog, "train", spread, config.resolution, config.fit))
    wanted = _wanted(catalog, rows, max(held_out, FEWEST_GENERATED))
    generator = Generator(model)
    started = time.perf_counter()
    drawn = [g.pixels for g in track(generator.pictures(wanted), "generating", len(wanted))]
    seconds = time.perf_counter() - started
    generated = features.embed(drawn)
    warnings = []
    if held_out < ENOUGH_REAL:
        warnings.append(f"only {held_out} held-out pictures: the distances say little below {ENOUGH_REAL}")
    return {
        "model": config.name,
        "model_id": model.identity,
        "catalog": catalog.name,
        "features": f"{features.name} {features.version}",
        "way": WAY,
        "resolution": config.resolution,
        "images": {"real": held_out, "generated": len(generated), "training_sample": len(others)},
        "fid": frechet_distance(moments(real), moments(generated)),
        "kid": kernel_distance(real, generated),
        "real_against_real": {
            "fid": frechet_distance(moments(real), moments(others)),
            "kid": kernel_distance(real, others),
        },
        "ms_per_image": 1000 * seconds / len(generated),
        "warnings": warnings,
        "packshot_version": __version__,
    }


def _wanted(catalog: Catalog, chosen: Sequence[int], count: int) -> list[tuple[str, int]]:
    """The held-out descriptions in turn, Chinese and English alternately, each time with another seed."""
    rows = catalog.test[list(chosen)].select("text", "text_zh", "text_en").rows()
    wanted = []
    for i in range(count):
        text, zh, en = rows[i % len(rows)]
        wanted.append(((zh if i % 2 else en) or text, i))
    return wanted


def _pictures(
    catalog: Catalog, split: Split, rows: Sequence[int], resolution: int, fit: Fit
) -> Iterator[NDArray[np.uint8]]:
    for picture in catalog.images(split, rows):
        yield to_square(picture, resolution, fit)
