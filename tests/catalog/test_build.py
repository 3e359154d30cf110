"""A whole build on a small drawn shop: what is kept, what is left out and why, and what the files promise."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageFilter

from packshot.catalog import SPLITS, Catalog, Options, build
from packshot.catalog.describe import category_of
from packshot.errors import PackshotError
from packshot.text.attributes import load_vocabulary
from tests.catalog.shop import adds_up, jpeg, photo, write_photos
from tests.conftest import draw_product

ONE = Options(workers=0)


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One record of each kind of trouble among ten good ones."""
    folder = tmp_path_factory.mktemp("messy")
    images = folder / "pictures"
    write_photos(images, [f"good-{i}.jpg" for i in range(10)])
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    (images / "gps.jpg").write_bytes(jpeg(photo(50), exif=exif, comment=b"taken by Jo"))
    (images / "broken.jpg").write_bytes(jpeg(photo(51))[:900])
    (images / "text.jpg").write_text("not a picture")
    (images / "copy.jpg").write_bytes((images / "good-0.jpg").read_bytes())
    photo(52, (40, 40)).save(images / "tiny.png")
    photo(53, (600, 60)).save(images / "banner.png")
    Image.new("RGB", (200, 200), (240, 240, 240)).save(images / "blank.png")
    photo(54).filter(ImageFilter.GaussianBlur(9)).save(images / "soft.png")
    photo(55).save(images / "nobody.png")
    photo(56).save(images / "placeholder.png")
    rows = [(f"S{i}", f"red dress number {i}", "dress", f"pictures/good-{i}.jpg") for i in range(10)]
    rows += [
        ("gps", "blue hat", "hat", "gps"),
        ("broken", "blue hat", "hat", "broken.jpg"),
        ("text", "blue hat", "hat", "text.jpg"),
        ("copy", "blue hat", "hat", "copy.jpg"),
        ("tiny", "blue hat", "hat", "tiny.png"),
        ("banner", "blue hat", "hat", "banner.png"),
        ("blank", "blue hat", "hat", "blank.png"),
        ("soft", "green skirt", "skirt", "soft.png"),
        ("missing", "blue hat", "hat", "no-such.jpg"),
        ("unnamed", "blue hat", "hat", ""),
        ("junk", "blue hat", "Other", "good-1.jpg"),
        ("wordless", "", "", "soft"),
        ("ph1", "wooden chair", "chair", "placeholder.png"),
        ("ph2", "leather boots", "boots", "placeholder.png"),
        ("ph3", "silver watch", "watch", "placeholder.png"),
    ]
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("sku", "title", "label", "image"), *rows])
    (folder / "LICENSE").write_text("MIT License\n\nPermission is hereby granted\n")
    return folder


@pytest.fixture(scope="module")
def built(messy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "catalog"
    build([messy], out, Options(drop={"label": ("other",)}, workers=2))
    return out


def _reasons(path: Path) -> dict[str, tuple[str, str]]:
    rows = pq.read_table(path / "rejected.parquet").to_pylist()
    return {row["sku"]: (row["reason"], row["measured"]) for row in rows}


def test_every_candidate_is_kept_or_left_out_for_a_reason(built: Path) -> None:
    catalog = Catalog(built)
    assert adds_up(catalog.counts)
    assert catalog.counts["candidates"] == 25
    assert catalog.counts["files_without_record"] == 1
    assert {**_reasons(built), "text": ("", "")} == {
        "broken": ("unreadable", _reasons(built)["broken"][1]),
        "text": ("", ""),
        "copy": ("identical picture", "same file as S0"),
        "tiny": ("too small", "40×40 pixels"),
        "banner": ("extreme aspect ratio", "10.0"),
        "blank": ("blank", "contrast 0.0"),
        "missing": ("no such picture", "no-such.jpg"),
        "unnamed": ("no picture named", ""),
        "junk": ("junk label", "label=Other"),
        "wordless": ("no text", ""),
        **{f"ph{i}": ("placeholder", "shared by 3 products") for i in (1, 2, 3)},
    }
    assert _reasons(built)["text"][0] == "unreadable"


def test_rows_say_what_the_contract_promises(built: Path) -> None:
    catalog = Catalog(built)
    rows = {row["sku"]: row for frame in (catalog.train, catalog.test) for row in frame.to_dicts()}
    row = rows["S3"]
    assert (row["category"], row["language"], row["composed"]) == ("dress", "en", False)
    assert json.loads(row["attributes"]) == {"category": ["dress"], "color": ["red"]}
    assert row["text"] == row["text_en"] == "red dress number 3"
    assert json.loads(row["source"])["table"] == "items.csv"
    assert (row["width"], row["height"], row["box"]) == (160, 160, None)
    assert rows["soft"]["flags"] == ["blurred"]
    assert json.loads(rows["S0"]["source"])["same_picture"] == ["copy"]
    assert catalog.license == "mit"


def test_no_group_spans_two_splits(built: Path) -> None:
    catalog = Catalog(built)
    assert not set(catalog.train["group"]) & set(catalog.test["group"])
    assert catalog.test.height >= 1


def test_pictures_come_decoded_in_row_order(built: Path) -> None:
    catalog = Catalog(built)
    rows = [5, 0, 5]
    pictures = list(catalog.images("train", rows))
    assert all(p.dtype == np.uint8 and p.shape == (160, 160, 3) for p in pictures)
    assert np.array_equal(pictures[0], pictures[2])
    everything = list(catalog.images("train"))
    assert len(everything) == catalog.train.height
    assert np.array_equal(everything[5], pictures[0])
    with pytest.raises(PackshotError, match="no row 99"):
        list(catalog.images("train", [99]))


def test_no_metadata_survives(built: Path) -> None:
    for split in ("train", "test"):
        for data in Catalog(built).image_bytes(split):  # type: ignore[arg-type]
            with Image.open(io.BytesIO(data)) as image:
                assert not image.getexif()
                assert not {"exif", "comment", "xmp", "icc_profile"} & set(image.info)


def test_hugging_face_datasets_reads_it(built: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(built), cache_dir=str(tmp_path))
    assert set(loaded) == {"train", "test"}
    assert isinstance(loaded["train"].features["image"], datasets.Image)
    assert loaded["train"][0]["image"].size == (160, 160)
    assert loaded["train"].num_rows == Catalog(built).train.height


def test_card_names_files_and_licence(built: Path) -> None:
    text = (built / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlicense: mit\n")
    assert "path: data/train-*.parquet" in text


def test_report_is_one_file_that_needs_nothing_else(built: Path) -> None:
    page = (built / "report.html").read_text(encoding="utf-8")
    assert "Before you train" in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("data:image/jpeg") >= 10
    for reason in ("unreadable", "placeholder", "identical picture", "too small"):
        assert reason in page


@pytest.mark.parametrize(
    ("label", "title", "category"),
    [
        ("Shoes", "running sneaker", "sneakers"),
        ("Pumps", "Mountain pump", "bicycle-part"),
        ("Pumps", "Women's pumps", "heels"),
        ("Hats & Scarves", "Wool scarf", "scarf"),
        ("Home > Lighting > Xyz", "Desk lamp", "lamp"),
    ],
)
def test_a_title_says_which_of_its_labels_categories_is_meant(label: str, title: str, category: str) -> None:
    assert category_of(label, title, load_vocabulary()) == category


def test_the_same_sources_give_the_same_catalog(messy: Path, built: Path, tmp_path: Path) -> None:
    build([messy], tmp_path / "again", Options(drop={"label": ("other",)}, workers=0))
    assert Catalog(tmp_path / "again").fingerprint == Catalog(built).fingerprint


def test_a_finished_catalog_is_not_overwritten_unasked(messy: Path, built: Path) -> None:
    with pytest.raises(PackshotError, match="catalog exists already"):
        build([messy], built, ONE)


def test_composed_descriptions_take_label_audience_and_measured_color(tmp_path: Path) -> None:
    for i in range(3):
        Image.fromarray(np.asarray(photo(i, color=(200, 20, 30)))).save(tmp_path / f"id-{i}.png")
    (tmp_path / "list.csv").write_text(
        "image,sender,label,kids\nid-0,7,T-Shirt,True\nid-1,7,Pants,False\nid-2,7,Gadget,False\n"
    )
    build([tmp_path], tmp_path / "out", ONE)
    catalog = Catalog(tmp_path / "out")
    rows = {r["sku"]: r for frame in (catalog.train, catalog.test) for r in frame.to_dicts()}
    assert rows["id-0"]["text_zh"] == "儿童红色T恤"
    assert rows["id-0"]["text_en"] == "red T-shirt for kids"
    assert rows["id-1"]["text_en"] == "red trousers"
    assert rows["id-2"]["text_en"] == "red Gadget"
    assert rows["id-2"]["category"] == "gadget"
    assert all(r["composed"] and "measured-color" in r["flags"] for r in rows.values())


def test_a_color_that_no_title_names_is_measured_where_the_product_is_plain_to_see(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for sku, color in (("white", "red"), ("named", "red"), ("scene", "red")):
        pixels = draw_product("hat", color, rng, side=128)
        if sku == "scene":
            paper = (pixels > 245).all(axis=2)
            pixels[paper] = rng.integers(60, 200, (int(paper.sum()), 3))
        Image.fromarray(pixels).save(tmp_path / f"{sku}.png")
    (tmp_path / "shop.csv").write_text(
        "sku,title,image\nwhite,Classic hat,white.png\nnamed,Navy blue hat,named.png\nscene,Classic hat,scene.png\n"
    )
    build([tmp_path], tmp_path / "out", ONE)
    catalog = Catalog(tmp_path / "out")
    told = {
        sku: terms.get("color")
        for split in SPLITS
        for sku, terms in zip(catalog.split(split)["sku"], catalog.attributes(split), strict=True)
    }
    # What the shop says goes before what is seen.
    assert told == {"white": ("red",), "named": ("blue",), "scene": None}


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("", {}, "empty file"),
        ("a,b\n1,2\n", {}, "no usable column among a, b"),
        ("sku,title,image\n1,red hat,x.jpg\n", {}, "none of 1 candidates can be kept: no such picture 1"),
        ("sku,title,image\n", {}, "no records"),
        ("sku,title,image\n1,red hat,x.jpg\n", {"map": {"title": "name"}}, "no column 'name' (--map title)"),
        ("sku,title,image\n1,red hat,x.jpg\n", {"drop": {"state": ("x",)}}, "no column or field 'state'"),
        ("sku,title,image\n1,red hat,x.jpg\n", {"images": (Path("/no/such"),)}, "no such folder of images"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, content: str, options: dict[str, Any], words: str) -> None:
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(PackshotError) as caught:
        build([tmp_path / "p.csv"], tmp_path / "out", Options(workers=0, **options))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_sources_and_unknown_fields() -> None:
    with pytest.raises(PackshotError, match="no such file or folder"):
        build(["/no/such/shop"], "/tmp/never", ONE)
    with pytest.raises(PackshotError, match="unknown field 'colour'"):
        Options(map={"colour": "x"})


def test_map_overrides_what_would_be_found(tmp_path: Path) -> None:
    write_photos(tmp_path, ["a.jpg", "b.jpg"])
    (tmp_path / "p.csv").write_text(
        "sku,title,名称,pic\n1,wrong,红色连衣裙,a.jpg\n2,wrong,蓝色帽子,b.jpg\n", encoding="utf-8"
    )
    build([tmp_path], tmp_path / "out", Options(map={"title": "名称", "image": "pic"}, workers=0))
    catalog = Catalog(tmp_path / "out")
    assert {*catalog.train["title"], *catalog.test["title"]} == {"红色连衣裙", "蓝色帽子"}
