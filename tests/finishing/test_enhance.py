import numpy as np
import pytest

from packshot.finishing import denoise, paper
from packshot.finishing.enhance import _encoded, _linear, blur, enhance, sharpen
from packshot.images.decode import read

from .drawn import product, real


def psnr(a, b) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, ((a.astype(float) - b) ** 2).mean())))


def relit(rgb, gains):
    return _encoded(np.clip(_linear(rgb.astype(np.float32)) * np.array(gains, np.float32), 0, 1))


def noisy(rgb, sigma):
    values = rgb + np.random.default_rng(0).normal(0, sigma, rgb.shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


FAULTS = {
    "dark": lambda rgb: relit(rgb, (0.5, 0.5, 0.5)),
    "warm": lambda rgb: relit(rgb, (1.0, 0.85, 0.65)),
    "blue": lambda rgb: relit(rgb, (0.7, 0.85, 1.0)),
    "noise": lambda rgb: noisy(rgb, 10),
    "all": lambda rgb: noisy(relit(rgb, (0.5, 0.42, 0.33)), 6),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_taken_back(fault):
    good = product(240, box=(0.15, 0.15, 0.85, 0.85))
    bad = FAULTS[fault](good)
    done = enhance(bad)
    assert psnr(done.rgb, good) >= psnr(bad, good) + 3
    assert done.notes


def test_a_good_picture_is_left_alone():
    good = product(240)
    done = enhance(good)
    assert done.rgb is good
    assert done.notes == ()


def test_a_dark_product_on_good_paper_and_a_grey_backdrop_are_left_alone():
    assert not enhance(product(240, colour=(30, 30, 34))).notes
    # On a grey backdrop a product with lights brighter than the backdrop was exposed on purpose.
    bright = product(240, paper=(120, 120, 120), colour=(225, 225, 215), box=(0.15, 0.15, 0.85, 0.85))
    assert not any("exposure" in note for note in enhance(bright).notes)


def test_haze_is_cleared():
    y, x = np.mgrid[0:240, 0:240]
    scene = np.stack([x, y, (x + y) / 2], -1) + 8
    hazy = np.rint(70 + scene * (120 / 255)).astype(np.uint8)
    done = enhance(hazy)
    assert done.rgb.max() - done.rgb.min() > 200


@pytest.mark.parametrize("sigma", [3, 8, 15])
def test_noise_is_measured(sigma):
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert denoise.noise(noisy(grey, sigma)) == pytest.approx(sigma, rel=0.12)
    assert denoise.noise(grey) == 0
    assert denoise.noise(np.zeros((8, 8, 3), np.uint8)) == 0


def test_texture_is_not_taken_for_noise():
    rgb = product(240, box=(0.05, 0.05, 0.95, 0.95), kind="rectangle")
    rng = np.random.default_rng(0)
    rgb[100:140, 60:180] = np.clip(rgb[100:140, 60:180] + rng.normal(0, 30, (40, 120, 1)), 0, 255)
    assert denoise.noise(rgb) < 2.5


def test_sharpening_makes_no_halo():
    soft = product(200).astype(np.float32)
    for _ in range(6):
        soft[1:-1, 1:-1] = (soft[:-2, 1:-1] + soft[2:, 1:-1] + soft[1:-1, :-2] + soft[1:-1, 2:]) / 4
    soft = soft.astype(np.uint8)
    done = sharpen(soft, 1.5)
    assert blur(done) < blur(soft)
    assert done.max() <= soft.max()
    assert done.min() >= soft.min() - 2


def test_real_photos():
    files = real("tailwind/images/*.jpg")[::12]
    pictures = [rgb for rgb in (read(f).rgb for f in files) if paper.find(rgb)]
    alone = [rgb for rgb in pictures if not enhance(rgb).notes]
    assert len(alone) >= 0.7 * len(pictures)
    for rgb in alone[:2]:
        bad = FAULTS["all"](rgb)
        assert psnr(enhance(bad).rgb, rgb) >= psnr(bad, rgb) + 3
