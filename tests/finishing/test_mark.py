import numpy as np
import pytest

from packshot.errors import PackshotError
from packshot.finishing import mark, typeset
from packshot.images.decode import decode
from packshot.images.encode import encode

from .drawn import product


def busy(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (400, 600, 3)).astype(np.uint8)


PICTURES = {
    "white": product(400),
    "black": np.zeros((300, 500, 3), np.uint8),
    "grey": np.full((500, 300, 3), 118, np.uint8),
    "busy": busy(),
    "small": product(100),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_mark_is_large_legible_and_found_again_after_jpeg(name):
    rgb = PICTURES[name]
    marked, where = mark.draw(rgb)
    left, top, right, bottom = where.box
    assert bottom - top >= 0.05 * min(rgb.shape[:2])
    assert left >= 0
    assert right <= rgb.shape[1]
    record = {"mark": where.as_dict()}
    assert mark.find(marked, record) is True
    stored = decode(encode(marked, "jpeg", quality=60)).rgb
    assert mark.find(stored, record) is True
    assert mark.find(rgb, record) is False, "found although it is not there"
    ink = marked[top:bottom, left:right].astype(int)
    tones = ink.mean(-1)
    assert tones.max() - tones.min() > 100


def test_the_quietest_corner_is_taken():
    rgb = np.full((300, 300, 3), 255, np.uint8)
    rgb[200:, 100:] = busy()[:100, :200]
    _, where = mark.draw(rgb)
    left, _, _, bottom = where.box
    assert bottom < 200 or left < 100
    quiet = np.full((300, 300, 3), 255, np.uint8)
    _, where = mark.draw(quiet)
    assert where.box[0] > 150
    assert where.box[1] > 150


def test_on_a_transparent_picture_the_mark_can_be_read_on_any_page():
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[100:300, 100:300] = (200, 30, 30, 255)
    marked, where = mark.draw(pixels)
    left, top, right, bottom = where.box
    assert where.plate
    for page in (0, 128, 255):
        opacity = marked[..., 3:] / 255
        shown = np.rint(marked[..., :3] * opacity + page * (1 - opacity)).astype(np.uint8)
        assert mark.find(shown, {"mark": where.as_dict()}) is True
        assert np.ptp(shown[top:bottom, left:right].mean(-1)) > 100
    assert (marked[100:300, 100:300] == pixels[100:300, 100:300]).all()


def test_only_a_busy_place_gets_a_plate():
    assert not mark.draw(PICTURES["white"])[1].plate
    assert mark.draw(PICTURES["busy"])[1].plate


def test_without_a_record_nobody_knows():
    assert mark.find(PICTURES["white"], {}) is None
    assert mark.find(PICTURES["white"], {"preset": "x"}) is False
    for wrong in ({"text": "AI生成", "box": [0, 0, 9999, 20]}, {"text": 3}, {"text": "AI生成", "box": "x"}, "yes"):
        assert mark.find(PICTURES["white"], {"mark": wrong}) is False


def test_the_font_that_ships_writes_the_label():
    assert typeset.font_for("AI生成 人工智能合成 ¥199.00").name == "mark.otf"
    cover, _ = typeset.coverage("AI生成", 100, typeset.font_for("AI生成"))
    assert 0.1 < cover.mean() < 0.6


def test_text_beyond_the_fonts_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(typeset, "_PACKAGES", ())
    with pytest.raises(PackshotError, match="pip install 'packshot\\[fonts\\]'"):
        typeset.font_for("红色皮鞋")
    with pytest.raises(PackshotError, match="no such font file"):
        typeset.font_for("a", "/nowhere.ttf")
