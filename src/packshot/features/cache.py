"""Features computed once and kept: a file for each content, features and preparation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.features.base import Features
from packshot.files import new_array, new_file
from packshot.progress import ticker


def cached(
    folder: Path,
    key: Sequence[object],
    features: Features,
    count: int,
    embedded: Callable[[], Iterable[NDArray[np.float32]]],
    label: str,
) -> NDArray[np.float32]:
    """Features of ``count`` pictures as a memory map (count, dim) float32, computed where the folder lacks them.

    Args:
        key: all that the pictures depend on, such as a catalog's fingerprint, rows and size; JSON values.
        embedded: gives the features, some rows at a time; called only when they are needed.
    """
    whole = json.dumps([features.name, features.version, features.way, *key], ensure_ascii=False)
    path = folder / f"features-{hashlib.sha256(whole.encode()).hexdigest()[:20]}.npy"
    if not path.exists():
        with new_file(path) as partial, ticker(label, count) as shown:
            out = new_array(partial, np.float32, (count, features.dim))
            done = 0
            for rows in embedded():
                out[done : done + len(rows)] = rows
                done += len(rows)
                shown.advance(len(rows))
            out.flush()
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return mapped
