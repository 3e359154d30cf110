"""Pictures that need no model."""

import sys

import numpy as np
import pytest

from packshot.cutout import cut_out

from .drawn import overlap, paint, shirt


@pytest.mark.parametrize("colour", [(200, 30, 30), (20, 20, 20), (90, 140, 200)])
@pytest.mark.parametrize("ground", [255, 246, 120])
def test_product_on_one_colour(colour, ground):
    truth = shirt(240, 200)
    rgb = paint(np.full((240, 200, 3), ground, np.uint8), truth, colour)
    cut = cut_out(rgb)
    assert cut.good and cut.method == "white"
    assert cut.mask.dtype == np.float32 and cut.mask.shape == truth.shape
    assert overlap(cut.mask, truth) > 0.97


def test_white_shirt_on_white_stays_whole():
    truth = shirt(240, 200)
    rgb = np.full((240, 200, 3), 255, np.uint8)
    rgb[truth] = 244
    # Pure white inside, as an overexposed front has.
    rgb[100:170, 80:120] = 255
    cut = cut_out(rgb)
    assert cut.good and cut.method == "white"
    assert overlap(cut.mask, truth) > 0.96
    assert cut.mask[100:170, 80:120].min() == 1


def test_openings_show_a_coloured_ground_but_not_white():
    for ground, open_ in ((120, True), (255, False)):
        rgb = np.full((200, 200, 3), ground, np.uint8)
        y, x = np.mgrid[:200, :200]
        radius = np.hypot(y - 100, x - 100)
        rgb[(radius < 80) & (radius > 45)] = (180, 20, 20)
        assert bool(cut_out(rgb).mask[100, 100] == 0) is open_


def test_a_product_that_fills_a_white_picture():
    rgb = np.full((200, 160, 3), 255, np.uint8)
    rgb[:, 40:120] = (30, 90, 40)
    cut = cut_out(rgb)
    assert cut.good and cut.method == "white"
    assert abs(float(cut.mask.mean()) - 0.5) < 0.02


def test_two_shoes_are_one_product():
    rgb = np.full((160, 240, 3), 255, np.uint8)
    rgb[40:120, 30:100] = rgb[40:120, 140:210] = (80, 50, 30)
    mask = cut_out(rgb).mask
    assert mask[80, 60] == mask[80, 180] == 1 and mask[80, 120] == 0


def test_transparency_is_taken_as_it_is():
    alpha = np.uint8(255 * shirt(120, 100))
    alpha[60, 0:50] = 128
    cut = cut_out(np.zeros((120, 100, 3), np.uint8), alpha)
    assert cut.good and cut.method == "alpha"
    assert np.array_equal(cut.mask, alpha.astype(np.float32) / np.float32(255))


def test_an_opaque_channel_says_nothing():
    rgb = paint(np.full((120, 100, 3), 255, np.uint8), shirt(120, 100), (200, 30, 30))
    assert cut_out(rgb, np.full((120, 100), 255, np.uint8)).method == "white"


def test_clear_picture_fails():
    cut = cut_out(np.zeros((50, 50, 3), np.uint8), np.zeros((50, 50), np.uint8))
    assert not cut.good and cut.reason


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (7, 5), (200, 150)])
def test_blank_pictures_fail_with_a_reason(shape, shade):
    cut = cut_out(np.full((*shape, 3), shade, np.uint8))
    assert not cut.good and cut.reason
    assert cut.quality == 0 and cut.mask.shape == shape and cut.mask.max() == 0


def test_easy_pictures_need_no_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    rgb = paint(np.full((120, 100, 3), 255, np.uint8), shirt(120, 100), (200, 30, 30))
    assert cut_out(rgb).good
