"""One written form for what comes out of editors and spreadsheets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.text.normalise import language, normalise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Soft <b>cotton</b></p><p>Red</p>", "Soft cotton; Red"),
        ("<script>var a = 1 < 2;</script>Hat", "Hat"),
        ("Black &amp; white&nbsp;tee", "Black & white tee"),
        ("ＲＥＤ　Ｔ恤", "RED T恤"),
        ("hot \U0001f525 sale \u2b50 dress\u200d", "hot sale dress"),
        ("a\x00b\r\n\tc", "a b c"),
        ("size 3 < 4 > 2", "size 3 < 4 > 2"),
    ],
)
def test_normalise(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


@given(st.text(max_size=200))
def test_normalising_ends_in_one_line_of_single_spaces(text: str) -> None:
    clean = normalise(text)
    assert clean == " ".join(clean.split())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("红色连衣裙", "zh"),
        ("AWC 徽标的微纤维运动衫", "zh"),
        ("red dress", "en"),
        ("красное платье", "other"),
        ("123", "other"),
    ],
)
def test_language(text: str, code: str) -> None:
    assert language(text) == code
