"""Refused terms are found however they are written, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from packshot.errors import PackshotError
from packshot.text.refused import RefusedTerms, read_refused_terms

TERMS = RefusedTerms(["Acme", "仿品", "fake brand"])


@pytest.mark.parametrize(
    "text",
    [
        "an ACME shirt",
        "ＡＣＭＥ",
        "高仿品牌",
        "仿 品",
        "仿\u200b品",
        "a fake\n brand",
        "ac\u200bme hat",
        "红色acme连衣裙",
    ],
)
def test_found(text: str) -> None:
    assert TERMS.find(text) is not None


@pytest.mark.parametrize("text", ["acmeist shirt", "红色acmeist连衣裙", "仿真皮", "brand fake", "", "red dress"])
def test_not_found(text: str) -> None:
    assert TERMS.find(text) is None


def test_an_empty_list_refuses_nothing() -> None:
    assert RefusedTerms(["", " "]).find("anything") is None


def test_a_file_has_one_term_a_line(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("\ufeff# brands\nAcme\n\n仿品\n", encoding="utf-8")
    assert read_refused_terms(path).terms == ("acme", "仿品")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackshotError, match="UTF-8"):
        read_refused_terms(path)
    with pytest.raises(PackshotError, match="cannot read"):
        read_refused_terms(tmp_path / "none.txt")
