"""What packshot says in English reaches a Chinese page in Chinese."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image, ImageDraw

from packshot.batch.entries import Entry
from packshot.batch.fill import Options, _entry
from packshot.batch.products import Product
from packshot.batch.serving import prompt_for
from packshot.catalog.describe import describe
from packshot.errors import PackshotError
from packshot.finishing.check import Result
from packshot.finishing.finish import finish
from packshot.finishing.preset import Measure, load
from packshot.generation.models import open_model
from packshot.service.jobs.folders import JobFolders
from packshot.service.jobs.record import JobRequest
from packshot.service.jobs.run import run_job
from packshot.service.settings import Settings
from packshot.service.studio.chinese import ZH
from packshot.service.studio.english import EN
from packshot.service.studio.told import reason, value
from packshot.text.attributes import load_vocabulary
from packshot.text.refused import RefusedTerms


def _told(title: str) -> Entry:
    vocabulary = load_vocabulary()
    description = describe({"sku": "A-1", "title": title}, None, vocabulary)
    prompt = prompt_for(description, open_model(None).config, vocabulary)
    return _entry(Product("A-1", "", description, ""), prompt, Options(refused=RefusedTerms(["acme"])))


@pytest.mark.parametrize(
    ("title", "chinese", "english"),
    [
        ("mountain bike", "自行车", "“bicycle”"),
        ("a thing", "看不出", "Nothing says"),
        ("multicolor dress", "彩色", "“multicolor”"),
        ("acme dress", "“acme”", "“acme”"),
    ],
)
def test_reasons_are_in_the_pages_language(title: str, chinese: str, english: str) -> None:
    said, vocabulary = _told(title).reason, load_vocabulary()
    assert chinese in reason(ZH, vocabulary, said)
    assert not re.search("[a-z]{3}", reason(ZH, vocabulary, said).replace("acme", ""))
    assert english in reason(EN, vocabulary, said)
    assert reason(ZH, vocabulary, f"{said}; a note") == f"{reason(ZH, vocabulary, said)}; a note"


def test_a_note_of_finishing_is_translated_too() -> None:
    photo = Image.new("RGB", (200, 200), (255, 255, 255))
    ImageDraw.Draw(photo).rectangle((60, 0, 140, 150), fill=(40, 70, 190))
    file = io.BytesIO()
    photo.save(file, "PNG")
    notes = finish(file.getvalue(), load("taobao")).notes
    assert [reason(ZH, load_vocabulary(), note) for note in notes] == [ZH.cut_off]


@pytest.mark.parametrize(
    ("name", "table"),
    [("t.csv", b"foo,bar\n1,2\n"), ("t.csv", b"sku,title\n"), ("t.csv", b"\n"), ("t.xlsx", b"x"), ("t.exe", b"x")],
)
def test_what_is_wrong_with_a_table_is_told_in_chinese(name: str, table: bytes, tmp_path: Path) -> None:
    folders, settings = JobFolders(tmp_path), Settings(state=tmp_path, workers=0)
    try:
        folder = folders.create("", name, table, JobRequest())
        run_job(folder, settings, lambda: False)
        said = ZH.said(folder.status.error)
    except PackshotError as error:
        said = ZH.error(error)
    assert re.search("[\u4e00-\u9fff]{4}", said), said
    assert EN.said("no products in the table.") == "no products in the table."


def test_every_measure_of_a_market_has_a_chinese_name() -> None:
    assert set(ZH.measures) >= {*get_args(Measure), "labels"}


@pytest.mark.parametrize(
    ("measure", "fact", "shown"),
    [
        ("file_bytes", 37230, "37 KB"),
        ("file_bytes", 2_500_000, "2.5 MB"),
        ("subject_fill", 0.785333, "78.53 %"),
        ("white_background", 0.9999, "99.99 %"),
        ("enlarged", 3.216, "3.216 ×"),
        ("width", 800, "800 px"),
        ("aspect", 1.0, "1"),
        ("visible_mark", True, "✓"),
        ("stray_metadata", "none", "–"),
        ("format", "jpeg", "jpeg"),
    ],
)
def test_values_have_their_unit(measure: str, fact: float | bool | str, shown: str) -> None:
    assert value(Result("rule", "pass", measure, fact, "", "", "")) == shown
