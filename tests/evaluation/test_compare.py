"""Models side by side, and which differences are larger than their intervals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from packshot.cli import run
from packshot.evaluation.compare import told
from packshot.evaluation.differences import difference, differences
from packshot.evaluation.intervals import share
from packshot.generation.models import open_model

DEFAULT = open_model(None).path


def _figure(value: float, half: float) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": value + half, "n": 100}


def _result(fid: float, recall: float, half: float = 1.0) -> dict[str, Any]:
    return {"model": f"m{fid:.0f}", "scores": {"fid": _figure(fid, half), "recall": _figure(recall, 0.05)}}


def test_a_difference_is_larger_than_its_interval_or_it_is_not() -> None:
    found = {
        (d["metric"], d["a"], d["b"]): d for d in differences([_result(70, 0.2), _result(71, 0.5), _result(80, 0.2)])
    }
    assert found["fid", 0, 1]["better"] is None
    assert found["fid", 0, 2]["better"] == 0
    assert found["recall", 0, 1]["better"] == 1
    assert found["recall", 0, 2]["better"] is None
    assert found["fid", 0, 2]["low"] == pytest.approx(-10 - np.sqrt(2))
    assert len(found) == 6


def test_what_was_not_measured_or_has_no_bounds_is_not_called_better() -> None:
    unbounded = {"model": "u", "scores": {"fid": {"value": 1.0, "low": 0.0, "high": None, "n": 3}}}
    (only,) = differences([unbounded, _result(90, 0.1)])
    assert (only["metric"], only["better"], only["high"]) == ("fid", None, None)
    assert only["low"] < only["difference"] < 0


def test_differences_of_shares_err_as_often_as_they_say() -> None:
    """Between equal models at most about one difference in twenty is called larger than its interval."""
    rng = np.random.default_rng(0)
    called = 0
    for _ in range(400):
        a, b = (share(int(rng.binomial(200, 0.4)), 200).json() for _ in range(2))
        _, low, high = difference(a, b)
        called += not low <= 0 <= high
    assert 5 <= called <= 35


def test_compare_judges_all_models_by_the_same_pictures(
    catalog_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model against itself shows no difference."""
    twin = tmp_path / "twin"
    shutil.copytree(DEFAULT, twin)
    prompts = tmp_path / "asked.csv"
    prompts.write_text("text\nred dress\n蓝色裤子\ngreen hat\n黑色连衣裙\n")
    options = ["--prompts", str(prompts), "--images", "60", "--seeds", "4", "-o", str(tmp_path / "out")]
    assert run(["compare", str(DEFAULT), str(twin), "--catalog", str(catalog_path), *options]) == 0
    printed = capsys.readouterr()
    assert "No difference is larger than its interval" in printed.out
    assert "FID" in printed.out
    result = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    first, second = result["models"]
    assert first["scores"] == second["scores"]
    assert first["model"] != second["model"]
    assert told(result) == []
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2 * 4 * 4
    assert second["model"] in page


def test_compare_takes_models_of_two_sizes_and_families(
    trained: dict[str, Path], catalog_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--catalog", str(catalog_path), "--images", "24", "--seeds", "1", "-o", str(tmp_path / "out"), "--json"]
    assert run(["compare", str(trained["vae"]), str(DEFAULT), *options]) == 0
    assert [m["resolution"] for m in json.loads(capsys.readouterr().out)["models"]] == [32, 128]


def test_compare_needs_two_models(catalog_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(DEFAULT), "--catalog", str(catalog_path), "-o", str(tmp_path / "o")]) == 2
    assert "at least two models" in capsys.readouterr().err
