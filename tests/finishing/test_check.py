import io
import json

import numpy as np
import pytest
from PIL import Image, ImageCms

from packshot.cli import run
from packshot.finishing import label, preset
from packshot.finishing.batch import check_files, pictures
from packshot.finishing.check import check
from packshot.finishing.facts import Facts
from packshot.finishing.finish import Options, finish
from packshot.images.encode import encode

from .drawn import RECORD, png, product

# The advertisements share all but their size.
PRESETS = [name for name in preset.names() if name not in ("ad-4x5", "ad-9x16", "ad-191x100")]


def generated() -> bytes:
    return encode(product(64), "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))


def statuses(data: bytes, name: str) -> dict[str, str]:
    return {r.rule: r.status for r in check(data, preset.load(name)).results}


@pytest.mark.parametrize("name", PRESETS)
def test_what_finish_makes_passes_its_own_check(name):
    # Fine structure, so that the least number of bytes is reached where a market asks for one.
    rgb = product(700, box=(0.1, 0.1, 0.9, 0.9))
    grain = np.random.default_rng(3).normal(0, 14, rgb.shape)
    rgb = np.where(rgb.min(-1, keepdims=True) < 150, np.clip(rgb + grain, 0, 255), rgb).astype(np.uint8)
    report = check(finish(png(rgb), preset.load(name)).data, preset.load(name))
    wrong = [r for r in report.results if r.status in ("fail", "warning", "unknown")]
    assert not wrong


@pytest.mark.parametrize("name", ["google", "taobao", "taobao-white", "ad-1x1"])
def test_generated_pictures_are_warned_of_softness_and_carry_their_labels(name):
    found = statuses(finish(generated(), preset.load(name)).data, name)
    assert found["enlarged"] == "warning"
    assert found["ai_label"] == "pass"


@pytest.mark.parametrize("box", [(0.3, 0.3, 0.5, 0.5), (0.1, 0.1, 0.9, 0.9)])
def test_the_visible_label_is_neither_product_nor_background(box):
    bare = encode(product(300, box), "png", xmp=label.xmp(RECORD))
    jd = preset.load("jd").changed(fill=0.5)
    marked, plain = (Facts(finish(bare, jd, Options(mark=m)).data) for m in (True, False))
    assert marked.measure("visible_mark") is True
    assert marked.white_background == plain.white_background == 1
    assert marked.subject is not None
    assert plain.subject is not None
    assert np.abs(np.subtract(marked.subject[1], plain.subject[1])).max() <= 2


def test_amazon_warns_of_generated_pictures_only():
    amazon = preset.load("amazon")
    assert statuses(finish(generated(), amazon).data, "amazon")["photograph"] == "warning"
    assert statuses(finish(png(product()), amazon).data, "amazon")["photograph"] == "pass"


@pytest.mark.parametrize(
    ("rule", "picture"),
    [
        ("longest", png(product(200))),
        ("background", png(product(600, paper=(254, 254, 254)))),
        ("background", png(product(600, paper=(230, 230, 230)))),
        ("fill", png(product(600, box=(0.3, 0.3, 0.6, 0.6)))),
        ("format", encode(product(600), "webp")),
    ],
)
def test_amazon_rules_are_caught_broken(rule, picture):
    assert statuses(picture, "amazon")[rule] == "fail"


def test_a_product_at_the_edge_is_caught():
    touching = png(product(800, box=(0.2, 0.3, 0.8, 1.0)))
    assert statuses(touching, "taobao-white")["whole"] == "fail"
    off_centre = png(product(800, box=(0.05, 0.05, 0.6, 0.6)))
    assert statuses(off_centre, "taobao-white")["centred"] == "warning"
    assert statuses(png(product(800, box=(0.45, 0.45, 0.55, 0.55))), "taobao-white")["subject"] == "fail"


def test_chinese_markets_want_both_labels_on_ai_pictures():
    taobao = preset.load("taobao")
    marked = finish(generated(), taobao)
    found = statuses(marked.data, "taobao")
    assert (found["gb_file"], found["gb_visible"]) == ("pass", "pass")
    bare = finish(generated(), taobao, Options(mark=False))
    assert statuses(bare.data, "taobao")["gb_visible"] == "fail"
    photo = statuses(finish(png(product()), taobao).data, "taobao")
    assert (photo["gb_file"], photo["gb_visible"]) == ("skip", "skip")


def test_the_conflict_of_market_and_law_is_reported():
    white = preset.load("taobao-white")
    found = statuses(finish(generated(), white).data, "taobao-white")
    assert (found["no_text"], found["gb_visible"]) == ("pass", "warning")
    found = statuses(finish(generated(), white, Options(mark=True)).data, "taobao-white")
    assert (found["no_text"], found["gb_visible"]) == ("fail", "pass")


def test_a_record_without_the_iptc_label_fails():
    data = encode(product(64), "png", text=label.png_text(RECORD))
    assert statuses(data, "google")["ai_label"] == "fail"


def test_jpeg_quality_is_read_from_the_tables():
    for quality in (30, 50, 75, 90, 95):
        assert Facts(encode(product(64), "jpeg", quality=quality)).jpeg_quality == quality
    assert Facts(png(product(64))).jpeg_quality is None


def test_stray_metadata_and_colour_spaces_are_seen():
    image = Image.fromarray(product(64))
    exif = image.getexif()
    exif[0x010F] = "Some Camera"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"hello")
    assert Facts(out.getvalue()).stray_metadata == "camera data, position, comment"
    out = io.BytesIO()
    image.convert("CMYK").save(out, "JPEG")
    assert Facts(out.getvalue()).color_space == "cmyk"
    out = io.BytesIO()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(out, "PNG", icc_profile=lab)
    assert Facts(out.getvalue()).color_space == "srgb"
    cleaned = finish(out.getvalue(), preset.load("shopify")).data
    assert Facts(cleaned).stray_metadata == "none"


def test_the_verb(tmp_path, capsys):
    good, bad, broken = tmp_path / "a.jpg", tmp_path / "b.png", tmp_path / "c.png"
    good.write_bytes(finish(png(product()), preset.load("taobao")).data)
    bad.write_bytes(png(product(300)))
    broken.write_bytes(b"nothing")
    assert run(["check", str(good), "--preset", "taobao"]) == 0
    assert "1 of 1 pass" in capsys.readouterr().out
    assert run(["check", str(good), str(bad), str(broken), "--preset", "taobao"]) == 1
    out = capsys.readouterr().out
    assert "shortest_side 300 (wanted ≥ 700)" in out
    assert run(["check", str(good), str(bad), "--preset", "taobao", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["failed"] == 1
    rules = {r["rule"]: r for r in result["files"][1]["results"]}
    assert rules["zoom"]["status"] == "fail"
    assert rules["zoom"]["value"] == 300
    assert rules["zoom"]["source"].startswith("https://")


def test_many_files_are_checked_in_order_and_a_broken_one_is_reported(tmp_path):
    good = finish(png(product()), preset.load("taobao")).data
    for name, data in (("a.jpg", good), ("b.jpg", good[:900]), ("c.jpg", good)):
        (tmp_path / name).write_bytes(data)
    found = list(check_files(pictures([tmp_path]), preset.load("taobao")))
    assert [c.source.name for c in found] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [bool(c.report and c.report.passed) for c in found] == [True, False, True]
    assert "damaged" in found[1].error


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_empty_picture_fails_everywhere(mode):
    out = io.BytesIO()
    Image.new(mode, (400, 400), (255, 255, 255) if mode == "RGB" else (0, 0, 0, 0)).save(out, "PNG")
    for name in ("taobao", "shopify"):
        chosen = preset.load(name)
        assert check(finish(out.getvalue(), chosen).data, chosen).failed == ("blank",)
