import numpy as np
import pytest

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.finishing import paragraph, preset, typeset
from packshot.finishing.advert import _contrast, compose
from packshot.finishing.finish import Options, finish
from packshot.finishing.place import lift
from packshot.images.color import to_lab
from packshot.images.decode import Picture, decode, read

from .drawn import png, product, real, shape

ADS = [name for name in preset.names() if name.startswith("ad-")]
FONT = typeset.font_for("A")


def picture(**kwargs) -> Picture:
    return Picture(product(**kwargs), None, "PNG", False)


@pytest.mark.parametrize("name", ADS)
def test_texts_stay_in_their_boxes_and_can_be_read(name):
    chosen = preset.load(name)
    make, template = chosen.make, chosen.template
    plain, _ = compose(picture(), make.width, make.height, template, "", "", [])
    title = "Classic espresso machine with twenty bar pressure and a very long name that cannot end"
    full, _ = compose(picture(), make.width, make.height, template, title, "¥1,299.00", [])
    changed = (plain != full).any(-1)
    allowed = np.zeros(changed.shape, bool)
    for block in (template.title, template.price):
        left, top, right, bottom = block.box
        rows = slice(int(top * make.height) - 8, int(bottom * make.height) + 8)
        columns = slice(int(left * make.width) - 8, int(right * make.width) + 8)
        allowed[rows, columns] = True
        text = changed[rows, columns]
        assert text.any()
        ink = np.percentile(to_lab(full[rows, columns][text])[..., 0], 2)
        page = np.median(to_lab(plain[rows, columns])[..., 0])
        assert _contrast(page, ink) >= 4.5
    assert not (changed & ~allowed).any()


def test_the_page_takes_its_colour_from_the_product():
    template = preset.load("ad-1x1").template
    red, _ = compose(picture(colour=(190, 30, 30)), 400, 400, template, "", "", [])
    blue, _ = compose(picture(colour=(30, 50, 190)), 400, 400, template, "", "", [])
    assert red[5, 5, 0] > red[5, 5, 2] + 8
    assert blue[5, 5, 2] > blue[5, 5, 0] + 8
    own = template.model_copy(update={"background": "#102030"})
    page, _ = compose(picture(), 400, 400, own, "Shoes", "", [])
    assert page[5, 5].tolist() == [16, 32, 48]
    # On a dark page the text is light.
    assert page[300:340].max() > 200


def test_a_product_that_fades_into_its_paper_is_shown_on_a_white_panel():
    pale = product(400, box=(0.3, 0.2, 0.7, 0.7), colour=(228, 228, 228), kind="rectangle").astype(np.float32)
    # A floor so faint that its end is nowhere, as under a white bath.
    rgb = np.minimum(pale, 255 - 16 * shape(400, (0.1, 0.55, 0.9, 0.85))[..., None]).astype(np.uint8)
    chosen, notes = preset.load("ad-1x1"), []
    make, template = chosen.make, chosen.template
    page, scale = compose(Picture(rgb, None, "PNG", False), make.width, make.height, template, "", "", notes)
    assert notes == ["shown on a white panel: the product fades into its white paper"]
    assert scale == pytest.approx(0.86 * (template.product[2] - template.product[0]) * 1080 / 320, rel=0.05)
    left, top, right, bottom = (round(1080 * v) for v in template.product)
    panel = page[top:bottom, left:right]
    assert (panel[100:-100, 4] == 255).all()
    assert (panel[0, 0] < 250).any(), "its corners are round"
    assert (page[: top - 1] < 255).any(-1).all(), "the page keeps its colour"
    plain, notes = [], []
    compose(picture(), make.width, make.height, template, "", "", notes)
    assert notes == plain


def test_photos_whose_floor_cannot_be_told_are_known():
    known = {"12330912", "17031875", "9470575"}
    photos = real("tailwind/images/*.jpg")
    some = [path for i, path in enumerate(photos) if path.stem in known or i % 10 == 0]
    fading = {path.stem for path in some if (found := lift(read(path), onto_white=False))
              and not isinstance(found, str) and found.fades}  # fmt: skip
    assert known <= fading, "a bath, a door and tools on white floors"
    assert len(fading - known) <= 2


def test_a_white_product_stands_out_from_its_page():
    template = preset.load("ad-1x1").template
    page, _ = compose(picture(colour=(235, 235, 235)), 400, 400, template, "", "", [])
    assert page[155, 200].mean() - page[155, 10].mean() > 20


def test_lines_break_as_they_should():
    lines = paragraph.wrap("one two three four five six", 20, 90, FONT)
    assert len(lines) > 2
    assert not any(line[-1].text.endswith(" ") for line in lines)
    words = [" ".join("".join(r.text for r in line).split()) for line in lines]
    assert " ".join(words) == "one two three four five six"
    assert all(paragraph.measure(line, 20, FONT) <= 90 for line in lines)
    chinese = "人工智能生成内容，合成。" * 2
    for width in range(50, 200, 10):
        for line in paragraph.wrap(chinese, 20, width, FONT):
            assert line[0].text[0] not in "，。"


def test_chinese_and_latin_are_set_apart():
    mixed = paragraph.measure(paragraph.wrap("人工AI生成", 100, 9999, FONT)[0], 100, FONT)
    apart = sum(typeset.advance(t, 100, FONT) for t in ("人工", "AI", "生成"))
    assert mixed == pytest.approx(apart + 30, abs=2)


def test_too_long_a_text_gets_smaller_then_ends_in_an_ellipsis():
    lines, size = paragraph.fit("word " * 6, 40, 300, 100, 2, FONT)
    assert len(lines) <= 2
    assert 22 <= size <= 40
    lines, size = paragraph.fit("word " * 60, 40, 300, 100, 2, FONT)
    assert lines[-1][-1].text == "…"
    assert all(paragraph.measure(line, size, FONT) <= 300 for line in lines)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("¥1,299.00", ["¥", "1,299", ".00"]),
        ("$5", ["$", "5"]),
        ("199 EUR", ["199", "EUR"]),
        ("free", ["free"]),
        ("券后价 ¥1,099.50 起", ["券后价 ¥", "1,099", ".50", "起"]),
        ("€1.299,00", ["€", "1.299", ",00"]),
        ("1 299,00 kr", ["1 299", ",00", "kr"]),
        ("₹1,29,999.00", ["₹1,29,999.00"]),
        ("2 for $10", ["2 for $10"]),
    ],
)
def test_prices(text, parts):
    assert [run.text for run in paragraph.price_runs(text)] == parts


def test_chinese_titles_need_the_fonts_extra(monkeypatch):
    ad = preset.load("ad-1x1")
    if typeset._installed():
        assert finish(png(product()), ad, Options(title="复古咖啡机")).data
    monkeypatch.setattr(typeset, "_PACKAGES", ())
    with pytest.raises(PackshotError, match=r"packshot\[fonts\]"):
        finish(png(product()), ad, Options(title="复古咖啡机"))


def test_a_designers_own_page(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(png(product()))
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "ad-1x1"\n[template]\nbackground = "#ffee00"\n[template.title]\nsize = 0.1\n')
    out = tmp_path / "out"
    assert run(["finish", str(tmp_path / "a.png"), "--preset", str(mine), "-o", str(out), "--title", "Hi"]) == 0
    rgb = decode((out / "a.jpg").read_bytes()).rgb
    assert np.abs(rgb[3, 3].astype(int) - (255, 238, 0)).max() <= 3
    mine.write_text('extends = "ad-1x1"\n[template]\nbackground = "blue"\n')
    assert run(["finish", str(tmp_path / "a.png"), "--preset", str(mine), "-o", str(out)]) == 1
    assert "template.background" in capsys.readouterr().err


def test_no_line_of_a_title_is_left_with_little():
    text = "one two three four five six"
    nearly = 0.95 * paragraph.measure([paragraph.Run(text)], 20, FONT)
    lines, size = paragraph.fit(text, 20, nearly, 60, 2, FONT)
    first, second = (paragraph.measure(line, size, FONT) for line in lines)
    assert second > 0.6 * first


def test_a_small_pictures_edge_brings_no_paper_with_it():
    red = product(64, kind="rectangle", colour=(170, 30, 30))
    page, _ = compose(Picture(red, None, "PNG", False), 600, 600, preset.load("ad-1x1").template, "", "", [])
    # Between the product and its pale red page nothing is as light as the paper was, nor is its inside smeared.
    assert page[..., 1].max() < 250
    top, bottom = (int(v) for v in np.flatnonzero(page[:, 300, 1] < 60)[[0, -1]])
    rows = page[top + 30 : bottom - 30, 300].astype(int)
    assert np.abs(rows - (170, 30, 30)).max() < 25


def test_a_picture_with_its_background_has_no_bars_beside_it():
    room = np.random.default_rng(0).integers(0, 255, (90, 60, 3), np.uint8)
    notes: list[str] = []
    page, _ = compose(Picture(room, None, "PNG", False), 600, 600, preset.load("ad-1x1").template, "", "", notes)
    assert notes
    plain = np.abs(page.astype(int) - page[:, :1]).max(-1) <= 2
    assert plain[300, 100], "the page goes on beside the picture"
    assert not plain[240, 300]


def test_the_shadow_runs_out_below_the_products_place():
    template = preset.load("ad-1x1").template.model_copy(update={"background": "#f0f0f0"})
    flat = picture(box=(0.2, 0.4, 0.8, 0.6), kind="rectangle")
    tall = picture(box=(0.4, 0.1, 0.6, 0.9), kind="rectangle")
    for photo in (flat, tall):
        page, _ = compose(photo, 1080, 1080, template, "", "", [])
        middle = page[:, 540, 1].astype(int)
        lowest = int(np.flatnonzero(middle < 150)[-1])
        below = middle[lowest + 6 :]
        assert below[0] < 235, "there is no shadow"
        assert np.abs(np.diff(below)).max() <= 8, "it ends in a line"
        assert below[-1] == 240
