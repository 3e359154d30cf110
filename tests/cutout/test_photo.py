"""Pictures with a floor."""

import sys

import numpy as np
import pytest

from packshot.catalog.options import LEAST_GATE
from packshot.cutout import cut_out, network, place_on_white
from packshot.cutout.gate import judge_network
from packshot.cutout.slits import open_slits
from packshot.errors import PackshotError

from .drawn import floor, overlap, paint, shirt


@pytest.mark.parametrize(
    ("ground", "colour"),
    [((205, 200, 190), (40, 60, 150)), ((150, 110, 70), (40, 60, 150))],
)
def test_product_on_a_floor(ground, colour):
    truth = shirt(320, 240)
    rgb = paint(floor(320, 240, ground), truth, colour)
    cut = cut_out(rgb)
    assert cut.good, cut.reason
    assert cut.method == "network" and 0 < cut.quality <= 1
    assert overlap(cut.mask, truth) > 0.97
    out = place_on_white(rgb, cut.mask, 200).astype(int)
    assert (out[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


@pytest.mark.parametrize("ground", [(40, 170, 50), (90, 90, 95), (170, 60, 60)])
@pytest.mark.parametrize("colour", [(200, 30, 40), (230, 230, 225)])
def test_what_passes_is_right_and_what_fails_says_why(ground, colour):
    truth = shirt(320, 240, 0.7)
    cut = cut_out(paint(floor(320, 240, ground), truth, colour))
    assert overlap(cut.mask, truth) > 0.95 if cut.good else cut.reason


def test_no_floor_between_sleeve_and_body():
    truth = shirt(320, 240)
    # A slit of floor beside the body, closed at both ends.
    truth[120:230, 70:76] = False
    rgb = paint(floor(320, 240, (170, 60, 60)), truth, (215, 215, 205))
    belief = shirt(192, 192).astype(np.float32) * np.float32(0.98)
    assert belief[100, 60] > 0.5
    assert open_slits(rgb, belief)[120 * 192 // 320 + 20, 73 * 192 // 320] == 0


def test_same_pixels_same_mask():
    rgb = paint(floor(200, 260, (150, 110, 70)), shirt(200, 260), (40, 60, 150))
    first, second = cut_out(rgb), cut_out(rgb.copy())
    assert np.array_equal(first.mask, second.mask)
    assert (first.quality, first.reason) == (second.quality, second.reason)


def test_a_bare_floor_fails():
    cut = cut_out(floor(240, 320, (150, 110, 70)))
    assert not cut.good and cut.reason


def test_noise_fails():
    cut = cut_out(np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8))
    assert not cut.good and cut.reason


@pytest.mark.parametrize("shape", [(1, 500), (3, 3), (16, 16), (17, 900), (900, 17), (700, 600)])
def test_any_size(shape):
    rgb = floor(*shape, (150, 110, 70))
    rgb[shape[0] // 4 : shape[0] * 3 // 4 + 1, shape[1] // 4 : shape[1] * 3 // 4 + 1] = (20, 20, 90)
    cut = cut_out(rgb)
    assert cut.mask.shape == shape and cut.mask.dtype == np.float32
    assert cut.mask.min() >= 0 and cut.mask.max() <= 1
    assert cut.good is (cut.reason is None)


def test_the_network_needs_no_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    truth = shirt(320, 240, 0.75)
    cut = cut_out(paint(floor(320, 240, (40, 170, 50)), truth, (200, 30, 40)))
    assert cut.method == "network" and overlap(cut.mask, truth) > 0.95


def test_grabcut_takes_over_when_the_graph_is_missing(monkeypatch):
    pytest.importorskip("cv2")
    monkeypatch.setattr(network, "available", lambda: False)
    truth = shirt(160, 120)
    cut = cut_out(paint(floor(160, 120, (150, 110, 70)), truth, (40, 60, 150)))
    assert cut.good and cut.method == "grabcut" and overlap(cut.mask, truth) > 0.95
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PackshotError, match=r"packshot\[catalog\]"):
        cut_out(floor(160, 120, (150, 110, 70)))


def test_no_gate_is_so_low_that_an_impossible_outline_passes():
    rgb = floor(160, 120, (150, 110, 70))
    everywhere = judge_network(rgb, np.ones((2, 64, 64), np.float32), np.ones((160, 120), np.float32))
    assert everywhere.reason and everywhere.quality < LEAST_GATE
