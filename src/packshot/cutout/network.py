"""The shipped network's belief of where the product is."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from packshot.assets import asset
from packshot.images.resize import resize
from packshot.runtime import Graph

SIDE = 192


def available() -> bool:
    """True if the graph is installed."""
    return asset("cutout.onnx").exists()


def believe(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network thinks of a picture and of its mirror image, mirrored back.

    Two views that differ show doubt that neither admits to, and their mean is better than either
    ("test-time augmentation", Krizhevsky et al. 2012).

    Args:
        rgb: (h, w, 3) uint8 of any size; the network sees it squeezed to a square.

    Returns:
        (2, 192, 192) float32 in 0..1, chance that a pixel belongs to the product.
    """
    pixels = np.ascontiguousarray(resize(rgb, SIDE, SIDE).astype(np.float32).transpose(2, 0, 1)[None])
    graph = _graph()
    # One at a time: a pass has to give the same numbers whatever else is in its batch.
    straight = graph(pixels=pixels)[0][0, 0]
    mirrored = graph(pixels=np.ascontiguousarray(pixels[..., ::-1]))[0][0, 0, :, ::-1]
    return np.stack([straight, mirrored])


@cache
def _graph() -> Graph:
    return Graph(asset("cutout.onnx"))
