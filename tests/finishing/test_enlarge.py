import numpy as np
import pytest

from packshot.finishing import enlarge as module
from packshot.finishing.enlarge import enlarge
from packshot.finishing.place import Subject, arrange, lift, straight
from packshot.images.decode import Picture, read
from packshot.images.resize import resize, to_square

from .drawn import product, real, shape


def psnr(a, b) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean()))


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (37, 201, 118)])
def test_what_is_flat_stays_exactly_so(colour):
    flat = np.full((30, 41, 3), colour, np.uint8)
    assert (enlarge(flat) == np.array(colour)).all()
    assert enlarge(flat).shape == (120, 164, 3)


def test_white_paper_away_from_a_product_stays_white():
    large = enlarge(product(100, box=(0.4, 0.4, 0.6, 0.6)))
    away = np.ones(large.shape[:2], bool)
    away[100:300, 100:300] = False
    assert (large[away] == 255).all()


def test_shrunk_again_it_is_the_picture_that_came_in():
    small = product(72)
    assert np.abs(resize(enlarge(small), 72, 72).astype(int) - small).mean() < 1


def test_grey_stays_grey():
    grey = product(72, colour=(60, 60, 60)).mean(-1, keepdims=True).astype(np.uint8).repeat(3, -1)
    large = enlarge(grey).astype(int)
    assert np.ptp(large, axis=-1).max() <= 4
    plane = enlarge(grey[..., 0])
    assert plane.shape == (288, 288)
    assert plane.dtype == np.uint8
    assert np.abs(plane - large.mean(-1)).max() <= 2


def test_edges_are_nearer_to_the_truth_than_a_filters():
    truth = product(320, kind="rectangle", box=(0.2, 0.27, 0.71, 0.83))
    small = resize(truth, 80, 80)
    assert psnr(enlarge(small), truth) > psnr(resize(small, 320, 320), truth) + 2


def test_photos_are_nearer_to_the_truth_than_a_filters():
    better = []
    for path in real("tailwind/images/*.jpg")[:40:8]:
        truth = to_square(read(path).rgb, 512, "pad")
        small = resize(truth, 128, 128)
        better.append(psnr(enlarge(small), truth) - psnr(resize(small, 512, 512), truth))
    assert np.mean(better) > 0.5


def test_tiles_leave_no_seam(monkeypatch):
    small = product(100)
    whole = enlarge(small).astype(int)
    monkeypatch.setattr(module, "_TILE", 32)
    assert np.abs(enlarge(small) - whole).max() <= 1
    assert (enlarge(small) == enlarge(small)).all()


def test_a_transparent_edge_keeps_the_products_colour():
    cover = shape(80, (0.2, 0.2, 0.7, 0.8))
    rgb = np.zeros((80, 80, 3), np.uint8)
    rgb[cover > 0] = (240, 120, 40)
    subject = lift(Picture(rgb, np.rint(cover * 255).astype(np.uint8), "PNG", False), onto_white=False)
    assert isinstance(subject, Subject)
    pixels = straight(arrange(subject, 500, 500, 0.85)[0])
    seen = pixels[..., 3] > 16
    assert np.abs(pixels[seen][:, :3].astype(int) - (240, 120, 40)).max() < 40
    soft = (pixels[250, :, 3] > 12) & (pixels[250, :, 3] < 243)
    assert 2 <= soft.sum() <= 24
