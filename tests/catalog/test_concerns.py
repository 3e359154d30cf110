"""What the report says against training on a catalog."""

from __future__ import annotations

from packshot.catalog.concerns import concerns


def _said(kept: int = 1000, **other: object) -> str:
    counts: dict[str, object] = {
        "candidates": kept,
        "kept": kept,
        "rejected": 0,
        "rejected_by_reason": {},
        "composed": 0,
        "test": 100,
    }
    counts["flags"] = {}
    info: dict[str, object] = {"cut_out": {"dress": [kept, kept]}, "licence": "mit"}
    info["settings"] = {"gate": None}
    columns = {
        "text": [f"dress {i}" for i in range(kept)],
        "category": ["dress"] * kept,
        "colors": ["red"] * kept,
        "longest": [800] * kept,
    }
    for name, value in other.items():
        where = next((part for part in (counts, columns) if name in part), info)
        where[name] = value  # type: ignore[index]
    return " ".join(concerns({**info, "counts": counts}, columns))


def test_a_good_catalog_raises_none() -> None:
    assert _said() == ""


def test_each_concern_is_named() -> None:
    assert "10 pictures are few" in _said(10)
    assert "700 as “blank”" in _said(candidates=1700, rejected=700, rejected_by_reason={"blank": 700})
    assert "Fewer than 20 pictures each: hat" in _said(category=["dress"] * 990 + ["hat"] * 10)
    assert "labels that say nothing (not-sure)" in _said(category=["dress"] * 900 + ["not-sure"] * 100)
    assert "400 of 1,000 (40%) name no colour" in _said(colors=["red"] * 600 + [""] * 400)
    assert "share 2 descriptions" in _said(text=["a", "b"] * 500)
    assert "composed of label" in _said(composed=1000)
    assert "--cut-out" in _said(cut_out=None)
    flags = {"flags": {"background": 400}}
    assert "40%) keep their background among cut-outs on white. --gate 0.7 cuts out more" in _said(**flags)
    assert _said(settings={"gate": 0.7}, **flags).endswith("on white.")
    assert "under 256 pixels" in _said(longest=[200] * 1000)
    assert "3 pictures are held out" in _said(test=3)
    assert "No licence" in _said(licence="unknown")
