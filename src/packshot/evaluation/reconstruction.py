"""What a model that draws in an autoencoder's latents can draw at best: held-out pictures, encoded and decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.evaluation.frechet import frechet
from packshot.evaluation.intervals import mean
from packshot.evaluation.kid import kid
from packshot.evaluation.reference import Reference
from packshot.families.common.family import from_uint8, to_uint8
from packshot.generation.generator import Generator
from packshot.progress import track

# The window and the two constants of Wang et al. 2004, section III-C.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def reconstruction(generator: Generator, reference: Reference) -> dict[str, Any] | None:
    """PSNR in dB, SSIM, FID and KID of the held-out pictures as the model's autoencoder gives them back.

    What is drawn in latents is decoded by the same network, so it is hardly nearer. The distances are between the same
    pictures before and after, and therefore below those of two sets of pictures.

    Args:
        reference: at the model's own resolution.

    Returns:
        Name → figure; None for a model without an autoencoder.
    """
    if not generator.can_vary:
        return None
    likeness: list[tuple[float, float]] = []

    def pairs() -> Iterator[NDArray[np.uint8]]:
        for picture in track(reference.pictures("test"), "pictures encoded and decoded", len(reference.rows["test"])):
            again = reconstruct(generator, picture)
            likeness.append((psnr(again, picture), ssim(again, picture)))
            yield again

    drawn = reference.features.embed(pairs())
    decibels, similar = np.array(likeness).T
    figures = {
        "psnr": mean(decibels),
        "ssim": mean(similar),
        "fid": frechet(reference.held_out, drawn),
        "kid": kid(reference.held_out, drawn),
    }
    return {name: found.json() for name, found in figures.items()}


def reconstruct(generator: Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (s, s, 3), s the model's resolution, encoded and decoded by its autoencoder."""
    latent = generator.run("encoder", {"pixels": from_uint8(picture[None])})[0]
    return to_uint8(generator.run("decoder", {"latent": latent})[0])[0]


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two pictures (h, w, 3) in dB; at most 99, where they are the same."""
    error = float(np.square(a.astype(np.float64) - b).mean())
    return min(99.0, 10 * np.log10(255**2 / error)) if error else 99.0


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures (h, w, 3) of at least 11 pixels a side, -1..1, the mean over channels.

    Source: Wang et al. 2004, eq. 13, with their Gaussian window; only where it lies within the picture.
    """

    def around(x: NDArray[np.float64]) -> NDArray[np.float64]:
        half = _WINDOW // 2
        return np.asarray(cv2.GaussianBlur(x, (_WINDOW, _WINDOW), _SIGMA))[half:-half, half:-half]

    x, y = a.astype(np.float64), b.astype(np.float64)
    mx, my = around(x), around(y)
    vx, vy, both = around(x * x) - mx * mx, around(y * y) - my * my, around(x * y) - mx * my
    similar = (2 * mx * my + _C1) * (2 * both + _C2) / ((mx * mx + my * my + _C1) * (vx + vy + _C2))
    return float(similar.mean())
