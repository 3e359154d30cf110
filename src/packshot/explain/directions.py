"""What the noise steers: the directions of the latent in which pictures of one description change most.

Where a picture is one step from its latent, these are the leading eigenvectors of E[JᵀJ], J the Jacobian of the
pixels (active subspaces, Constantine 2014; Shen and Zhou 2021, SeFa, do the same with the weights of the first layer).
Where the latent is large and was itself generated, as in latent flows, they are the principal components of latents
that other seeds give (Härkönen et al. 2020, GANSpace).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.families import make_sampler, saved_config
from packshot.families.common.family import Floats, SamplingOptions, to_uint8
from packshot.generation.generator import Generator

# Graphs that turn a latent into pixels.
_DRAWING = ("generator", "decoder")
_LARGE = 256
_POINTS = 2
_SAMPLES = 96
_STEP = 0.5
# Along a direction, as multiples of the length of a random latent.
_WAY = (-0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45)


@dataclass(frozen=True)
class Direction:
    """One direction.

    Attributes:
        share: of the change that all directions together make, 0..1.
        strip: (s, 7 s, 3) uint8, the picture in the middle and the way to both sides.
    """

    share: float
    strip: NDArray[np.uint8]


class _Pen:
    """Draws a description from latents of one's own choosing."""

    def __init__(self, generator: Generator, text: str) -> None:
        self._generator, self._text = generator, text
        config = generator.model.config
        self._family, self._config = config.family, saved_config(config.family, config.architecture)

    def draw(self, seed: int, shift: Floats | None = None) -> tuple[Floats, Floats]:
        """The picture (3, s, s) of a seed, its latent moved by ``shift``, and the latent."""
        seen: list[Floats] = []

        def run(name: str, inputs: Mapping[str, Floats]) -> list[Floats]:
            if name in _DRAWING:
                latent = inputs["latent"] if shift is None else inputs["latent"] + shift.astype(np.float32)
                seen.append(latent)
                inputs = {**inputs, "latent": latent}
            return self._generator.run(name, inputs)

        told = self._generator.told(self._text, seed)
        pixels = make_sampler(self._family, self._config, run).sample(told, [seed], SamplingOptions())
        return pixels[0], seen[-1]


def directions(generator: Generator, text: str, seed: int, count: int = 4) -> list[Direction]:
    """The ``count`` directions of most change, the strongest first.

    Args:
        text: normalised.
        seed: of the picture in the middle of each strip.
    """
    pen = _Pen(generator, text)
    _, latent = pen.draw(seed)
    with ThreadPoolExecutor(generator.threads) as pool:
        if latent.size > _LARGE:
            values, vectors = _principal(pen, pool, seed)
        else:
            values, vectors = _active(pen, pool, latent, seed)
        way = np.linalg.norm(latent) * np.array(_WAY, np.float32)
        total = float(values.sum()) or 1.0
        found = []
        for value, vector in list(zip(values, vectors, strict=True))[:count]:
            direction = vector.reshape(latent.shape)
            strip = list(pool.map(lambda t, d=direction: pen.draw(seed, t * d)[0], way))
            found.append(Direction(float(value) / total, np.concatenate(to_uint8(np.stack(strip)), axis=1)))
    return found


def _active(pen: _Pen, pool: ThreadPoolExecutor, latent: Floats, seed: int) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors (rows) of the mean of JᵀJ over a few seeds, by finite differences."""
    size = latent.size
    steps = np.eye(size, dtype=np.float32).reshape(size, *latent.shape) * np.float32(_STEP)
    gram = np.zeros((size, size))
    for point in range(seed, seed + _POINTS):
        base, _ = pen.draw(point)
        moved: Sequence[Floats] = list(pool.map(lambda step, p=point: pen.draw(p, step)[0], steps))
        jacobian = (np.stack(moved) - base).reshape(size, -1).astype(np.float64) / _STEP
        gram += jacobian @ jacobian.T
    return _descending(gram)


def _principal(pen: _Pen, pool: ThreadPoolExecutor, seed: int) -> tuple[Floats, Floats]:
    """Variances and principal components (rows) of the latents of other seeds."""
    drawn = pool.map(lambda s: pen.draw(s)[1].ravel(), range(seed + 1, seed + 1 + _SAMPLES))
    latents = np.stack(list(drawn)).astype(np.float64)
    latents -= latents.mean(axis=0)
    # The small Gram matrix of the samples has the same leading values as the covariance.
    values, rows = _descending(latents @ latents.T)
    vectors = rows @ latents
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return values, (vectors / lengths).astype(np.float32)


def _descending(gram: NDArray[np.float64]) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(gram)
    rows = vectors.T[::-1]
    # An eigenvector has two signs; the same one is shown each time.
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    return np.maximum(values[::-1], 0).astype(np.float32), (rows * signs[:, None]).astype(np.float32)
