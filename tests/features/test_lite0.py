"""lite0 features: the shipped graph, and its torch form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from packshot.families.common.lite0 import load_lite0
from packshot.features.lite0 import Lite0
from packshot.images.resize import to_square


def _pictures(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (40 + 7 * i, 60, 3), dtype=np.uint8) for i in range(n)]


def test_features_do_not_depend_on_company_or_threads() -> None:
    pictures = _pictures(6)
    together = Lite0(threads=2).embed(pictures)
    alone = np.concatenate([Lite0(threads=1).embed([p]) for p in pictures])
    assert together.shape == (6, 1280)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_pictures_have_no_features() -> None:
    assert Lite0().embed([]).shape == (0, 1280)


def test_the_torch_form_computes_the_same() -> None:
    pictures = _pictures(3)
    pixels = np.stack([to_square(p, 224, "pad") for p in pictures]).transpose(0, 3, 1, 2).astype(np.float32)
    with torch.no_grad():
        ours = load_lite0()(torch.from_numpy(pixels)).numpy()
    np.testing.assert_allclose(ours, Lite0().embed(pictures), atol=1e-3)


def test_feature_maps_take_pixels_between_minus_one_and_one() -> None:
    network = load_lite0()
    grey = torch.zeros(1, 3, 64, 64)
    half, quarter = network.maps(grey, (0, 2))
    assert half.shape == (1, 16, 32, 32)
    assert quarter.shape == (1, 24, 16, 16)


def test_features_tell_noise_from_blur() -> None:
    sharp = _pictures(1)[0]
    blurred = np.repeat(np.repeat(sharp[::8, ::8], 8, 0), 8, 1)[: sharp.shape[0], : sharp.shape[1]]
    a, b = Lite0().embed([sharp, blurred])
    assert np.linalg.norm(a - b) > 1.0


@pytest.mark.parametrize("side", [32, 64])
def test_the_perceptual_distance_is_zero_for_the_same_picture_and_grows(side: int) -> None:
    from packshot.families.common.perceptual import Maps, perceptual_distance

    maps = Maps()
    torch.manual_seed(0)
    x = torch.rand(2, 3, side, side) * 2 - 1
    noise = torch.randn_like(x)
    values = [perceptual_distance(maps((x + s * noise).clamp(-1, 1)), maps(x)).item() for s in (0.0, 0.1, 0.5)]
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert values == sorted(values)
    assert values[2] > 0.05
