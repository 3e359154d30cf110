"""Shadows, transparency and other frames."""

import io

import numpy as np
import pytest
from PIL import Image

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.finishing import label, preset, shadow
from packshot.finishing.finish import Options, finish
from packshot.finishing.label import read_labels
from packshot.finishing.place import Subject, arrange, laid, lift
from packshot.images.decode import Picture, decode
from packshot.images.encode import encode

from .drawn import RECORD, box_of, png, product

TAOBAO = preset.load("taobao")


def lifted(rgb, **options) -> Subject:
    subject = lift(Picture(rgb, None, "PNG", False), **options)
    assert isinstance(subject, Subject)
    return subject


def shadowed(size: int = 300) -> np.ndarray:
    rgb = product(size=size, box=(0.3, 0.2, 0.7, 0.7)).astype(np.float32)
    y, x = np.mgrid[0:size, 0:size]
    rgb -= (70 * np.exp(-(((x - size / 2) / 70) ** 2 + ((y - 0.715 * size) / 9) ** 2)))[..., None]
    return np.clip(rgb, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("format", ["png", "webp", "avif"])
def test_transparent_files(format):
    done = finish(png(product()), TAOBAO.changed(background="transparent", format=format))
    picture = decode(done.data)
    assert done.suffix == f".{format}"
    assert picture.alpha is not None
    assert picture.alpha[5, 5] == 0
    assert picture.alpha[400, 400] == 255
    assert np.abs(picture.rgb[400, 400].astype(int) - (180, 40, 30)).max() < 25


def test_jpeg_has_no_transparency():
    with pytest.raises(PackshotError, match="jpeg has no transparency"):
        TAOBAO.changed(background="transparent")


def test_on_another_colour_there_is_no_white_rim():
    layers, _ = arrange(lifted(product(), onto_white=False), 300, 300, 0.85)
    out = laid(layers, (20.0, 60.0, 20.0))
    assert out[..., 2].max() < 60, "something white of the paper is left"


def test_a_shadow_on_white_becomes_glass_on_colour():
    layers, _ = arrange(lifted(shadowed(), onto_white=False), 300, 300, 0.85)
    out = laid(layers, (90.0, 200.0, 90.0)).astype(int)
    left, _, right, bottom = box_of(out.astype(np.uint8), 60)
    below = out[bottom + 4, (left + right) // 2]
    assert below[1] < 185, "the shadow is gone"
    assert below[1] > below[0] + 40, "the shadow is not see-through"
    assert out[..., 0].max() < 215
    bare, _ = arrange(lifted(shadowed(), onto_white=False, shadow=False), 300, 300, 0.85)
    assert laid(bare, (90.0, 200.0, 90.0))[290, 150].tolist() == [90, 200, 90]


def test_a_drawn_shadow_lies_under_the_product_and_is_soft():
    layers, _ = arrange(lifted(product(box=(0.2, 0.2, 0.8, 0.8)), onto_white=True), 300, 300, 0.7)
    out = laid(shadow.under(layers), (255.0, 255.0, 255.0)).astype(int)
    before = laid(layers, (255.0, 255.0, 255.0)).astype(int)
    bottom = box_of(before.astype(np.uint8))[3]
    assert out[bottom + 1, 150, 1] < 215
    assert (out[bottom + 40 :] == 255).all()
    assert np.abs(np.diff(out[bottom + 2 :, 150, 1])).max() < 40
    assert (out[100:180, 130:170] == before[100:180, 130:170]).all()
    nothing = np.zeros((20, 20, 4), np.float32)
    assert shadow.under(nothing) is nothing


def test_shadow_and_enhance_through_finish():
    dark = (product() * 0.7).astype(np.uint8)
    done = finish(png(dark), TAOBAO, Options(enhance=True, shadow=True))
    assert any("exposure raised" in note for note in done.notes)
    assert decode(done.data).rgb[790, 400].min() >= 250


@pytest.mark.parametrize("size", [(1080, 1920), (1200, 628), (500, 500)])
def test_any_ratio_without_cutting_the_product(size):
    width, height = size
    done = finish(png(product(box=(0.05, 0.4, 0.95, 0.6))), TAOBAO.changed(width=width, height=height))
    rgb = decode(done.data).rgb
    assert rgb.shape == (height, width, 3)
    left, top, right, bottom = box_of(rgb)
    assert left > 0
    assert top > 0
    assert right < width
    assert bottom < height


def test_labels_stay_in_avif_and_webp():
    source = encode(product(64), "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))
    for format in ("avif", "webp"):
        found = read_labels(finish(source, TAOBAO.changed(format=format)).data)
        assert found.ai
        assert found.generation["seed"] == 7
    again = finish(source, TAOBAO.changed(format="png")).data
    with Image.open(io.BytesIO(again)) as image:
        assert "Seed: 7" in image.text["parameters"]


def test_the_verbs_options(tmp_path, capsys):
    source, out = tmp_path / "a.png", tmp_path / "out"
    source.write_bytes(png(product()))
    base = ["finish", str(source), "--preset", "taobao", "-o", str(out)]
    assert run([*base, "--transparent", "--size", "300x400"]) == 0
    with Image.open(out / "a.png") as image:
        assert image.size == (300, 400)
        assert image.mode == "RGBA"
    assert run([*base, "--size", "big"]) == 2
    assert run([*base, "--format", "tiff"]) == 2
    assert run([*base, "--size", "3x3"]) == 2
    err = capsys.readouterr().err
    assert err.count("packshot: error:") == 3
