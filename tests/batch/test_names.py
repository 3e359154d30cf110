"""Folders for SKUs, and cells for spreadsheets."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.batch import fill
from packshot.batch.names import folder_names

from .tables import write_table


@given(st.lists(st.text(min_size=1), unique=True))
def test_every_sku_has_a_safe_folder_of_its_own(skus: list[str]) -> None:
    names = folder_names(skus)
    assert len({n.casefold() for n in names.values()}) == len(skus)
    for name in names.values():
        assert "/" not in name
        assert "\\" not in name
        assert name.strip(". ") == name
        assert 0 < len(name.encode()) < 100
        assert not name.startswith("-")


def test_a_plain_sku_is_its_own_folder() -> None:
    names = folder_names(["LJ-0192-S", "款式1", "a", "A", "../../etc", "con", "b/c", "-rf"])
    assert names["LJ-0192-S"] == "LJ-0192-S"
    assert names["款式1"] == "款式1"
    assert names["a"] != "a"
    assert names["../../etc"].startswith("etc-")
    assert names["con"] != "con"
    assert names["-rf"].startswith("rf-")


@pytest.mark.parametrize("sku", ["../up", "a/b", "..", "a\\b", "x" * 300, "=1+1"])
def test_no_sku_leads_out_of_the_folder(sku: str, tmp_path: Path) -> None:
    out = tmp_path / "in" / "out"
    summary = fill([write_table(tmp_path / "t.csv", [(sku, "red dress", "Dress", "")])], out)
    assert summary.count("made") == 1
    (image,) = out.rglob("*.png")
    assert image.parent.parent == out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "t.csv"]


def test_scripts_and_formulas_stay_text(tmp_path: Path) -> None:
    rows = [
        ("=1+1", "<script>alert(1)</script> red dress", "Dress", ""),
        ("S-2", '=HYPERLINK("http://x","red dress")', "Dress", ""),
        ("-5", 'red dress" onload="x', "Dress", ""),
    ]
    fill([write_table(tmp_path / "t.csv", rows)], tmp_path / "out")
    page = (tmp_path / "out" / "contact-sheet.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert 'onload="x' not in page
    cells = pl.read_csv(tmp_path / "out" / "manifest.csv", infer_schema=False)
    assert cells["sku"].to_list() == ["'=1+1", "S-2", "-5"]
    assert not any(c.startswith("=") for c in cells["description"])
    assert pl.read_parquet(tmp_path / "out" / "manifest.parquet")["sku"].to_list() == ["=1+1", "S-2", "-5"]
