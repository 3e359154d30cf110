"""Lanczos, the shipped network and Real-ESRGAN: product photos shrunk to 128 pixels and enlarged again to 512.

    python benchmarks/finishing_upscale.py FOLDER [COUNT] [SHEET.png]

Prints mean PSNR over the picture, the mean distance of lite0's features from the original's, and seconds a picture; the
sheet shows input, Lanczos, each model and the original.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from packshot.features.lite0 import Lite0
from packshot.finishing import upscale
from packshot.finishing.enlarge import enlarge
from packshot.images.decode import read
from packshot.images.resize import resize, to_square

METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lanczos": lambda rgb: resize(rgb, 512, 512),
    "upscaler.onnx": enlarge,
    "realesr-animevideov3-x4": lambda rgb: upscale.upscale(rgb, "realesr-animevideov3-x4"),
    "realesrgan-x4plus": lambda rgb: upscale.upscale(rgb, "realesrgan-x4plus"),
}


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(np.float64) - b) ** 2).mean()))


def main(folder: Path, count: int, sheet: Path | None) -> None:
    files = sorted(p for p in folder.iterdir() if p.suffix == ".jpg")
    files = files[:: max(1, len(files) // count)][:count]
    originals = [to_square(read(p).rgb, 512, "pad") for p in files]
    small = [resize(rgb, 128, 128) for rgb in originals]
    # At 448 pixels it still sees what was enlarged; at its usual 224 half of the detail is gone.
    lite0 = Lite0(side=448)
    wanted = lite0.embed(originals)
    columns: list[list[np.ndarray]] = []
    for name, method in METHODS.items():
        started = time.monotonic()
        results = [method(s) for s in small]
        seconds = (time.monotonic() - started) / len(small)
        values = [psnr(a, b) for a, b in zip(results, originals, strict=True)]
        distance = np.linalg.norm(lite0.embed(results) - wanted, axis=1).mean()
        print(f"{name:26} {np.mean(values):5.2f} dB, lite0 {distance:6.3f}, {seconds:6.2f} s a picture", flush=True)
        columns.append(results)
    if sheet:
        columns.append(originals)
        picture = np.concatenate([np.concatenate(column[:4], 0) for column in columns], 1)
        Image.fromarray(picture).save(sheet)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]) if len(sys.argv) > 2 else 12,
        Path(sys.argv[3]) if len(sys.argv) > 3 else None,
    )
