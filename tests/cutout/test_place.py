"""Products on white."""

import numpy as np
import pytest

from packshot.cutout import cut_out, place_on_white

from .drawn import floor, paint, shirt


def _box(picture):
    seen = picture.min(-1) < 200
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


@pytest.mark.parametrize("size", [64, 200, 511])
@pytest.mark.parametrize("fill", [0.5, 0.9, 1.0])
@pytest.mark.parametrize("box", [(20, 60, 30, 170), (100, 239, 5, 45), (0, 240, 0, 200)])
def test_framing(size, fill, box):
    top, bottom, left, right = box
    rgb = np.full((240, 200, 3), 90, np.uint8)
    mask = np.zeros((240, 200), np.float32)
    mask[top:bottom, left:right] = 1
    rgb[mask > 0] = (150, 20, 20)
    out = place_on_white(rgb, mask, size, fill)
    assert out.shape == (size, size, 3) and out.dtype == np.uint8
    y0, y1, x0, x1 = _box(out)
    assert abs(max(y1 - y0, x1 - x0) - fill * size) <= 2
    assert abs((y0 + y1) / 2 - size / 2) <= 1 and abs((x0 + x1) / 2 - size / 2) <= 1
    if fill < 1:
        assert (out[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


def test_no_halo_of_the_floor():
    truth = shirt(320, 240)
    rgb = paint(floor(320, 240, (40, 170, 50)), truth, (200, 30, 40))
    # A camera's blur mixes floor into the edge, and the mask is a pixel too wide.
    for axis in (0, 1):
        rgb = np.uint8((rgb.astype(float) + np.roll(rgb, 1, axis) + np.roll(rgb, -1, axis)) / 3)
    wide = truth | np.roll(truth, 1, 0) | np.roll(truth, -1, 0) | np.roll(truth, 1, 1) | np.roll(truth, -1, 1)
    out = place_on_white(rgb, wide.astype(np.float32), 256).astype(int)
    assert not (out[..., 1] > out[..., 0] + 8).any()


def test_an_empty_mask_gives_white():
    out = place_on_white(np.zeros((30, 20, 3), np.uint8), np.zeros((30, 20), np.float32), 48)
    assert (out == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 2)])
def test_extreme_shapes(shape):
    out = place_on_white(np.zeros((*shape, 3), np.uint8), np.ones(shape, np.float32), 64)
    assert out.shape == (64, 64, 3) and out.min() < 255


def test_thin_parts_keep_their_colour():
    rgb = np.full((200, 200, 3), 255, np.uint8)
    rgb[60:180, 50:150] = (20, 30, 160)
    rgb[5:60, 70:72] = rgb[5:60, 128:130] = (20, 30, 160)
    out = place_on_white(rgb, cut_out(rgb).mask, 200).astype(int)
    strap = out[20:60].min(axis=(0, 2))
    assert (strap < 140).sum() >= 2
