"""Faults planted into real product photos, and how much of them `enhance` takes back.

    python benchmarks/finishing_enhance.py FOLDER

For every picture on white paper that enhancement leaves alone, plants one fault at a time and prints the mean
PSNR against the original before and after, and how many pictures gained 3 dB or more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from packshot.finishing import paper
from packshot.finishing.enhance import _encoded, _linear, enhance
from packshot.images.decode import read


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = ((a.astype(np.float64) - b) ** 2).mean()
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def relit(rgb: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    return _encoded(np.clip(_linear(rgb.astype(np.float32)) * np.array(gains, np.float32), 0, 1))


def noisy(rgb: np.ndarray, sigma: float) -> np.ndarray:
    values = rgb + np.random.default_rng(0).normal(0, sigma, rgb.shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exposure -1 stop": lambda rgb: relit(rgb, (0.5, 0.5, 0.5)),
    "exposure -0.5 stop": lambda rgb: relit(rgb, (0.7, 0.7, 0.7)),
    "warm cast": lambda rgb: relit(rgb, (1.0, 0.85, 0.65)),
    "blue cast": lambda rgb: relit(rgb, (0.7, 0.85, 1.0)),
    "noise 8": lambda rgb: noisy(rgb, 8),
    "noise 15": lambda rgb: noisy(rgb, 15),
    "dark, warm, noisy": lambda rgb: noisy(relit(rgb, (0.5, 0.42, 0.33)), 6),
}


def main(folder: Path) -> None:
    files = sorted(p for p in folder.iterdir() if p.suffix == ".jpg")
    pictures = [read(p).rgb for p in files]
    results = [(p, rgb, enhance(rgb)) for p, rgb in zip(files, pictures, strict=True)]
    good = [rgb for _, rgb, done in results if not done.notes and paper.find(rgb)]
    alone = sum(not done.notes for _, _, done in results)
    for path, _, done in results:
        if done.notes:
            print(f"{path.name}: {'; '.join(done.notes)}")
    print(f"{alone} of {len(files)} left alone, of which {len(good)} on white paper")
    for name, plant in FAULTS.items():
        started = time.monotonic()
        before, after = [], []
        for rgb in good:
            bad = plant(rgb)
            before.append(psnr(bad, rgb))
            after.append(psnr(enhance(bad).rgb, rgb))
        gain = np.array(after) - np.array(before)
        print(
            f"{name:20} {np.mean(before):5.1f} dB -> {np.mean(after):5.1f} dB, gained >= 3 dB on "
            f"{(gain >= 3).sum()} of {len(good)}, worst {gain.min():+.1f} dB, "
            f"{(time.monotonic() - started) / len(good):.2f} s a picture"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
