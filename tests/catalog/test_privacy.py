"""Personal data goes, product data stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalog import Catalog, Options, build
from packshot.catalog.describe import describe
from packshot.catalog.privacy import is_bank_card, is_chinese_id, redact
from packshot.catalog.wording import tidy
from packshot.text.attributes import load_vocabulary
from tests.catalog.shop import write_photos


@pytest.mark.parametrize(
    ("text", "kind", "gone"),
    [
        ("有问题请致电13812345678哦", "phone number", "13812345678"),
        ("手机:138-1234-5678", "phone number", "5678"),
        ("服务热线 400-820-8820", "phone number", "8820"),
        ("办公室 010-62345678", "phone number", "62345678"),
        ("Call us at (212) 555-0199 today", "phone number", "0199"),
        ("order by +44 20 7946 0958", "phone number", "7946"),
        ("write to jo.bloggs+shop@example.co.uk", "e-mail", "bloggs"),
        ("身份证11010519491231002X", "Chinese ID number", "1949"),
        ("card 4111 1111 1111 1111 accepted", "bank card", "4111"),
        ("加微信：abc_12345", "WeChat", "abc_12345"),
        ("VX号 shop8888", "WeChat", "shop8888"),
        ("QQ群：123456789", "QQ", "123456789"),
        ("订单号：TB20231111001", "order number", "TB2023"),
        ("Order no. 2023-1111-99", "order number", "1111"),
        ("order 114-1234567-1234567", "order number", "114"),
        ("单号SF1234567890", "order number", "SF12"),
        ("call me 07911 123456", "phone number", "07911"),
        ("ring 555-223-4567", "phone number", "4567"),
        ("总机 (021) 6888 8888 转801", "phone number", "6888"),
        ("021-68888888转801", "phone number", "801"),
        ("jo (at) example.com", "e-mail", "example"),
        ("110105 19491231 002X", "Chinese ID number", "1949"),
        ("卡号 6225881234567890", "bank card", "6225"),
        ("微信abc12345咨询", "WeChat", "abc12345"),
        ("V信：xyz888", "WeChat", "xyz888"),
        ("加薇 abc123", "WeChat", "abc123"),
    ],
)
def test_personal_data_is_found_and_removed(text: str, kind: str, gone: str) -> None:
    left, found = redact(text)
    assert found == {kind: 1}
    assert gone not in left


@pytest.mark.parametrize(
    "text",
    [
        "microwave 0.9 cu ft 900 W, model 400-123",
        "EAN 4006381333931, 100 × 200 cm",
        "part 13812345678901 fits 2019-2023",
        "supports WeChat pay 微信支付",
        "phone case for iPhone 13 Pro 2021",
        "HL Mountain Frame - Silver, 42",
        "色号 3001-4002-5003, 批号 20240101123456",
        "wechat pay accepted, QQ糖 500g",
        "Casio GA-2100-1A1, ISBN 978-7-111-54742-6",
        "身份证 110105194912310021",
        "羽绒服 90%白鸭绒 2023新款 170/92A",
    ],
)
def test_product_data_stays(text: str) -> None:
    left, found = redact(text)
    assert (left, dict(found)) == (text, {})


def test_check_digits() -> None:
    assert is_chinese_id("11010519491231002X")
    assert not is_chinese_id("110105194912310021")
    assert not is_chinese_id("110105194913310029")
    assert is_bank_card("6222 0212 3456 7890 12") is is_bank_card("622202123456789012")
    assert not is_bank_card("4111111111111112")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_redacting_any_text_ends_and_finds_nothing_new_the_second_time(text: str) -> None:
    once, _ = redact(text)
    assert len(once) <= len(text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("20 Litre, 0.9 Cu. Ft., 900 watts", "20 L, 0.9 cu ft, 900 W"),
        ("长30厘米 宽20CM 重5公斤", "长30 cm 宽20 cm 重5 kg"),
        ("100*200 cm, XL码 均码", "100 × 200 cm, XL one size"),
        ("Soft tee. Free shipping over $50. Machine wash.", "Soft tee. Machine wash."),
        ("【包邮】纯棉短袖", "纯棉短袖"),
        ("面料柔软。支持七天无理由退换。圆领设计。", "面料柔软。 圆领设计。"),
        ("5G手机 3 in 1", "5G手机 3 in 1"),
    ],
)
def test_wording(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_nothing_personal_reaches_the_files(tmp_path: Path) -> None:
    write_photos(tmp_path, ["a.jpg", "b.jpg"])
    rows = [
        {"sku": "1", "title": "红色连衣裙 加微信：abc_12345", "image": "a.jpg", "category": "裙子 13812345678"},
        {"sku": "2", "title": "blue hat", "description": "mail jo@example.com", "image": "b.jpg"},
        {"sku": "3", "title": "hat jo@example.com", "image": "none.jpg"},
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    counts = build([tmp_path], tmp_path / "out", Options(workers=0))
    assert counts["redactions"] == {"WeChat": 1, "phone number": 1, "e-mail": 1}
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    frames = [Catalog(tmp_path / "out").train, Catalog(tmp_path / "out").test]
    text = "".join(str(frame.to_dicts()) for frame in frames)
    text += "".join(p.read_text(errors="ignore") for p in files if p.suffix != ".parquet")
    for value in ("abc_12345", "13812345678", "jo@example.com"):
        assert value not in text


def test_ids_and_file_names_are_no_personal_data() -> None:
    fields = {"sku": "4111111111111111", "image": "13812345678.jpg", "price": "13812345678", "title": "red hat"}
    assert not describe(fields, None, load_vocabulary()).redactions
