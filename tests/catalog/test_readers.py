"""Files that shops export, recognised without being told."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from packshot.catalog import Catalog, Options, build
from packshot.catalog.columns import match_columns
from packshot.catalog.readers import Item, format_of, open_table
from packshot.catalog.readers.encodings import text_encoding
from packshot.errors import PackshotError
from tests.catalog.shop import adds_up, write_photos


def _csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def _write_workbook(path: Path, rows: list[list[str]]) -> None:
    """The least that is a workbook (ECMA-376): one sheet of inline strings."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    docs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
        f'"{kind}.sheet.main+xml"/><Override PartName="/xl/s.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{docs}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{docs}"><sheets>'
        '<sheet name="products" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type='
        f'"{docs}/worksheet" Target="s.xml"/></Relationships>',
        "xl/s.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def _items(path: Path) -> tuple[str, list[Item]]:
    table = open_table(path)
    form = format_of(table)
    return form.name, list(form.items(table, match_columns(table.columns, {}, form.ignored)))


def test_shopify_folds_rows_into_products_and_variants(tmp_path: Path) -> None:
    header = (
        "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Option1 Name", "Option1 Value", "Variant SKU",
        "Variant Price", "Image Src", "Variant Image",
    )  # fmt: skip
    rows = [
        (
            "tee",
            "Plain Tee",
            "<p>Soft <b>cotton</b></p>",
            "V",
            "Shirts",
            "Color",
            "Red",
            "T-R",
            "9.90",
            "a.jpg",
            "a.jpg",
        ),
        ("tee", "", "", "", "", "", "Blue", "T-B", "9.90", "b.jpg", "b.jpg"),
        ("tee", "", "", "", "", "", "", "", "", "detail.jpg", ""),
        ("mug", "Mug", "", "V", "Kitchen", "Title", "Default Title", "M-1", "5", "mug.jpg", ""),
    ]
    path = tmp_path / "products_export.csv"
    path.write_text(_csv([header, *rows]), encoding="utf-8")
    name, items = _items(path)
    assert name == "Shopify"
    assert [(i.fields["sku"], i.images) for i in items] == [
        ("T-R", ["detail.jpg"]), ("T-R", ["a.jpg"]), ("T-B", ["b.jpg"]), ("M-1", ["mug.jpg"]),
    ]  # fmt: skip
    assert {i.fields["product"] for i in items[:3]} == {"tee"}
    assert items[2].fields["title"] == "Plain Tee - Blue"
    assert items[2].fields["category"] == "Shirts"


def test_shopify_names_options_once_and_columns_anew_since_2025(tmp_path: Path) -> None:
    header = (
        "Title", "URL handle", "Description", "Type", "SKU", "Option1 name", "Option1 value", "Price",
        "Product image URL", "Variant image URL",
    )  # fmt: skip
    rows = [
        ("Scarf", "scarf", "<p>Warm</p>", "Scarves", "S-R", "Color", "Red", "20", "r.jpg", "r.jpg"),
        ("", "scarf", "", "", "S-B", "", "Blue", "20", "b.jpg", "b.jpg"),
    ]
    path = tmp_path / "products.csv"
    path.write_text(_csv([header, *rows]), encoding="utf-8")
    name, items = _items(path)
    assert name == "Shopify"
    assert [(i.fields["sku"], i.fields["color"], i.images) for i in items] == [
        ("S-R", "Red", ["r.jpg"]), ("S-B", "Blue", ["b.jpg"]),
    ]  # fmt: skip


def test_woocommerce_products_without_sku_are_not_one(tmp_path: Path) -> None:
    header = ("ID", "Type", "SKU", "Name", "Description", "Categories", "Images", "Parent")
    rows = [
        ("1", "simple", "", "Cup", "Small.\\nRound.", "Kitchen", "c.jpg", ""),
        ("2", "simple", "", "Hat", "", "Clothing", "h.jpg", ""),
        ("3", "variation", "", "Hat - Red", "", "", "r.jpg", "id:2"),
    ]
    path = tmp_path / "wc.csv"
    path.write_text(_csv([header, *rows]), encoding="utf-8")
    _, (cup, hat, red) = _items(path)
    assert cup.fields["description"] == "Small.\nRound."
    assert "description" not in hat.fields
    assert cup.fields["product"] != hat.fields["product"] == red.fields["product"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_title_may_stand_above_the_column_names(tmp_path: Path, kind: str) -> None:
    rows = [["商品资料表", "", ""], ["", "", ""], ["货号", "商品名称", "主图"], ["1", "T恤", "1.jpg"]]
    path = tmp_path / f"products.{kind}"
    _write_workbook(path, rows) if kind == "xlsx" else path.write_text(_csv(rows), encoding="utf-8")
    _, (item,) = _items(path)
    assert (item.fields["sku"], item.fields["title"], item.images) == ("1", "T恤", ["1.jpg"])


def test_a_quote_in_a_feed_of_tabs_swallows_no_rows(tmp_path: Path) -> None:
    lines = ["id\ttitle\timage_link", 'A\t"Best" boots\ta.jpg', 'B\t"Open\tb.jpg', 'C\t"A ""C"" cup"\tc.jpg']
    path = tmp_path / "feed.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    _, items = _items(path)
    assert [i.fields["title"] for i in items] == ['"Best" boots', '"Open', 'A "C" cup']


def test_json_ld_may_be_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    data = '{"@type": "Product", "name": "Bag", "image": "bag.jpg"}'
    path.write_text(f'<script type="application/ld+json">\n//<![CDATA[\n{data}\n//]]>\n</script>', encoding="utf-8")
    assert _items(path)[1][0].fields["title"] == "Bag"


def test_a_picture_saved_under_its_address_is_not_fetched(tmp_path: Path) -> None:
    write_photos(tmp_path / "saved", ["red-cup.jpg", "1.jpg"])
    path = tmp_path / "products.csv"
    address = "https://nowhere.invalid/files"
    rows = [("sku", "title", "image"), ("A", "Cup", f"{address}/red-cup.jpg?v=3"), ("B", "Hat", f"{address}/1.jpg")]
    path.write_text(_csv(rows), encoding="utf-8")
    counts = build([tmp_path], tmp_path / "catalog", Options(workers=0))
    assert counts["kept"] == 1
    assert counts["rejected_by_reason"] == {"not fetched": 1}


def test_woocommerce_variations_inherit_from_their_parent(tmp_path: Path) -> None:
    header = (
        "ID", "Type", "SKU", "Name", "Description", "Regular price", "Categories", "Images", "Parent",
        "Attribute 1 name", "Attribute 1 value(s)",
    )  # fmt: skip
    rows = [
        (
            "11",
            "variable",
            "hood",
            "Hoodie",
            "Warm",
            "",
            "Clothing > Hoodies, Sale",
            "https://s/a.jpg, https://s/b.jpg",
            "",
            "Color",
            "Blue, Red",
        ),
        ("12", "variation", "hood-b", "Hoodie - Blue", "", "45", "", "https://s/blue.jpg", "id:11", "Color", "Blue"),
    ]
    path = tmp_path / "wc.csv"
    path.write_text(_csv([header, *rows]), encoding="utf-8-sig")
    name, (parent, child) = _items(path)
    assert name == "WooCommerce"
    assert parent.images == ["https://s/a.jpg", "https://s/b.jpg"]
    assert parent.fields["category"] == child.fields["category"] == "Clothing > Hoodies"
    assert (child.fields["product"], child.fields["color"], child.fields["description"]) == ("hood", "Blue", "Warm")
    assert "color" not in parent.fields


def test_magento_ties_simple_products_to_their_configurable_one(tmp_path: Path) -> None:
    header = (
        "sku", "store_view_code", "product_type", "categories", "name", "description", "price", "base_image",
        "additional_images", "additional_attributes", "configurable_variations",
    )  # fmt: skip
    rows = [
        (
            "J-1",
            "",
            "simple",
            "Default Category/Men/Jackets,Default Category/New",
            "Jacket M",
            "Rain",
            "77",
            "/j/1/j1.jpg",
            "/j/1/j1.jpg,/j/1/j1b.jpg",
            "color=Blue,size=M",
            "",
        ),
        ("J-1", "cn", "", "", "蓝色防雨夹克", "", "", "", "", "", ""),
        (
            "J",
            "",
            "configurable",
            "Default Category/Men/Jackets",
            "Jacket",
            "Rain",
            "",
            "/j/j.jpg",
            "",
            "",
            "sku=J-1,size=M|sku=J-2,size=L",
        ),
    ]
    path = tmp_path / "export.csv"
    path.write_text(_csv([header, *rows]), encoding="utf-8")
    name, (simple, configurable) = _items(path)
    assert name == "Magento"
    assert simple.images == ["j/1/j1.jpg", "j/1/j1b.jpg"]
    assert simple.fields["product"] == configurable.fields["product"] == "J"
    assert (simple.fields["color"], simple.fields["title_zh"], simple.fields["category"]) == (
        "Blue", "蓝色防雨夹克", "Men/Jackets",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-8-sig"])
def test_taobao_data_pack(tmp_path: Path, encoding: str) -> None:
    rows = [
        ("version 1.00",),
        ("title", "cid", "price", "description", "picture", "outer_id"),
        ("宝贝名称", "宝贝类目", "宝贝价格", "宝贝描述", "新图片", "商家编码"),
        (
            "酒红色碎花长袖连衣裙",
            "50010850",
            "199.00",
            "<p>面料柔软</p>",
            "abc123:1:0:|https://img/x.jpg;def456:2:1:|;",
            "TB-1",
        ),
    ]
    path = tmp_path / "data.csv"
    path.write_bytes(_csv(rows, "\t").encode(encoding))
    write_photos(tmp_path / "data", ["abc123.tbi", "def456.tbi"])
    name, (item,) = _items(path)
    assert name == "Taobao"
    assert item.images == ["abc123.tbi|https://img/x.jpg", "def456.tbi"]
    assert "category" not in item.fields
    counts = build([tmp_path], tmp_path / "out", Options(workers=0))
    assert counts["kept"] == 2
    catalog = Catalog(tmp_path / "out")
    row = (catalog.train if catalog.train.height else catalog.test).to_dicts()[0]
    assert (row["category"], row["language"], row["price"], row["sku"]) == ("dress", "zh", 199.0, "TB-1")
    assert json.loads(row["attributes"])["color"] == ["red"]


def test_google_merchant_tsv_and_xml(tmp_path: Path) -> None:
    tsv = tmp_path / "feed.tsv"
    tsv.write_text(
        _csv(
            [
                (
                    "id",
                    "title",
                    "description",
                    "link",
                    "image_link",
                    "additional_image_link",
                    "google_product_category",
                    "item_group_id",
                ),
                (
                    "1",
                    "Red hat",
                    "Wool, warm",
                    "https://s/1",
                    "https://s/1.jpg",
                    "https://s/2.jpg,https://s/3.jpg",
                    "173",
                    "g1",
                ),
            ],
            "\t",
        )
    )
    xml = tmp_path / "feed.xml"
    xml.write_text(
        '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
        "<item><g:id>1</g:id><title>Red hat</title><description>Wool, warm</description>"
        "<g:image_link>https://s/1.jpg</g:image_link><g:additional_image_link>https://s/2.jpg</g:additional_image_link>"
        "<g:additional_image_link>https://s/3.jpg</g:additional_image_link><g:item_group_id>g1</g:item_group_id>"
        "<g:google_product_category>173</g:google_product_category></item></channel></rss>"
    )
    for path in (tsv, xml):
        name, (item,) = _items(path)
        assert name == "Google Merchant"
        assert item.images == ["https://s/1.jpg", "https://s/2.jpg", "https://s/3.jpg"]
        assert (item.fields["product"], item.fields["description"]) == ("g1", "Wool, warm")
        assert "category" not in item.fields


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE r [<!ENTITY a "aaaa">]><rss><item><title>&a;</title></item></rss>')
    with pytest.raises(PackshotError, match="entity declarations"):
        open_table(path)


def test_saved_page_with_json_ld(tmp_path: Path) -> None:
    product = {
        "@graph": [
            {"@type": "BreadcrumbList"},
            {
                "@type": ["Product"], "name": "Canvas tote", "sku": "T9", "image": ["https://s/p/tote.jpg?w=9"],
                "description": "A bag", "offers": {"@type": "Offer", "price": 19.5},
            },
        ]
    }  # fmt: skip
    path = tmp_path / "tote.html"
    path.write_text(f'<html><script type="application/ld+json">{json.dumps(product)}</script></html>')
    _, (item,) = _items(path)
    assert item.images == ["tote_files/tote.jpg|https://s/p/tote.jpg?w=9"]
    assert (item.fields["sku"], item.fields["price"]) == ("T9", "19.5")


def test_xlsx_jsonl_json_and_parquet_say_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame({"货号": ["A1", "A2"], "名称": ["红色连衣裙", "蓝色帽子"], "图片": ["a.jpg", "b.jpg"]})
    _write_workbook(tmp_path / "t.xlsx", [frame.columns, *map(list, frame.iter_rows())])
    frame.write_ndjson(tmp_path / "t.jsonl")
    (tmp_path / "t.json").write_text(json.dumps({"total": 2, "products": frame.to_dicts()}))
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_csv(tmp_path / "t.csv")
    (tmp_path / "t.tsv").write_bytes(frame.write_csv(separator="\t").encode("gb18030"))
    read = [_items(tmp_path / f"t.{suffix}")[1] for suffix in ("xlsx", "jsonl", "json", "parquet", "csv", "tsv")]
    assert [[(i.fields["sku"], i.fields["title"], i.images) for i in items] for items in read] == [
        [("A1", "红色连衣裙", ["a.jpg"]), ("A2", "蓝色帽子", ["b.jpg"])]
    ] * 6


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ100000"])
def test_a_workbook_with_one_far_cell_does_not_fill_the_memory(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.xlsx"
    _write_workbook(path, [["sku", "title"], ["A1", "hat"]])
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    far = f'<row><c t="inlineStr" r="{cell}"><is><t>x</t></is></c></row></sheetData>'
    parts["xl/s.xml"] = parts["xl/s.xml"].replace(b"</sheetData>", far.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(PackshotError, match="too many to lay out"):
        open_table(path)


def test_imagefolder_with_metadata_without_a_table_and_a_catalog_itself(tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    write_photos(folder / "train", ["0.png", "1.png"])
    write_photos(folder / "test", ["2.png"], 2)
    for split, names in (("train", ("0.png", "1.png")), ("test", ("2.png",))):
        lines = [json.dumps({"file_name": n, "text": f"a red hat {n}"}) for n in names]
        (folder / split / "metadata.jsonl").write_text("\n".join(lines))
    assert build([folder], tmp_path / "one", Options(workers=0))["kept"] == 3
    classes = tmp_path / "classes"
    write_photos(classes, ["hat/0.png", "hat/1.png", "dress/2.png"])
    counts = build([classes], tmp_path / "two", Options(workers=0))
    assert (counts["kept"], counts["composed"]) == (3, 3)
    # A catalog holds its pictures in its table.
    counts = build([tmp_path / "one"], tmp_path / "three", Options(workers=0))
    assert (counts["candidates"], counts["kept"]) == (3, 3)


def test_pictures_are_found_by_path_name_id_and_absolute_path(tmp_path: Path) -> None:
    write_photos(tmp_path / "shop" / "deep", ["a.jpg", "B.JPG", "c.9.png", "d e.jpg"])
    write_photos(tmp_path / "else", ["x.jpg"], 9)
    ways = ("deep/a.jpg", "b.jpg", "c.9", "deep\\d%20e.jpg", str(tmp_path / "else" / "x.jpg"), "x")
    rows = [("sku", "title", "image"), *((f"{i}", "red hat", way) for i, way in enumerate(ways))]
    (tmp_path / "shop" / "p.csv").write_text(_csv(rows))
    options = Options(workers=0, images=(tmp_path / "else",))
    counts = build([tmp_path / "shop"], tmp_path / "out", options)
    assert counts["rejected_by_reason"] == {"identical picture": 1}
    assert counts["files_without_record"] == 0


def test_several_pictures_are_several_candidates_of_one_group(tmp_path: Path) -> None:
    write_photos(tmp_path, ["a.jpg", "b.jpg", "c.jpg"])
    (tmp_path / "p.csv").write_text('sku,title,image\n1,red hat,"a.jpg; b.jpg"\n2,blue hat,c.jpg\n')
    counts = build([tmp_path], tmp_path / "out", Options(workers=0))
    assert (counts["records"], counts["candidates"], counts["groups"]) == (2, 3, 2)


def test_encodings(tmp_path: Path) -> None:
    text = "货号,名称\n1,红色连衣裙，纯棉\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-16-le"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        assert path.read_text(encoding=text_encoding(path)).removeprefix("\ufeff") == text
    (tmp_path / "latin.csv").write_bytes("sku,título\n1,camisa niño azul, algodón orgánico\n".encode("cp1252"))
    assert "algodón" in (tmp_path / "latin.csv").read_text(encoding=text_encoding(tmp_path / "latin.csv"))


@pytest.mark.parametrize("name", ["tailwind", "adventureworks"])
def test_real_exports_build_with_one_command(data: Path, tmp_path: Path, name: str) -> None:
    counts = build([data / name], tmp_path / "out", Options(workers=2))
    assert adds_up(counts)
    expected = {"tailwind": (70, 70, 70), "adventureworks": (157, 157, 41)}[name]
    assert (counts["records"], counts["candidates"], counts["kept"]) == expected
    catalog = Catalog(tmp_path / "out")
    assert catalog.license == "mit"
    if name == "adventureworks":
        assert all(catalog.train["text_zh"])
        assert all(catalog.train["text_en"])
