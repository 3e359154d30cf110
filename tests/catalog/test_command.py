"""The command line of this room."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from packshot.catalog import Catalog, Options, build
from packshot.cli import run
from packshot.cutout import CutOut
from tests.catalog.shop import adds_up, write_photos
from tests.conftest import write_shop


def test_build_info_and_forget_print_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_photos(tmp_path / "shop", ["a.jpg", "b.jpg", "c.jpg"])
    rows = "sku,label,name,image\n1,Hat,red hat,a.jpg\n2,Skip,?,b.jpg\n3,Hat,blue hat,c.jpg\n"
    (tmp_path / "shop" / "p.csv").write_text(rows)
    out = str(tmp_path / "out")
    command = ["catalog", "build", str(tmp_path / "shop"), "-o", out, "--drop", "label=Not sure,Skip", "--workers", "1"]
    assert run([*command, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert adds_up(counts)
    assert counts["rejected_by_reason"] == {"junk label": 1}
    assert run(["catalog", "info", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == counts
    assert run(["catalog", "forget", out, "--sku", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == 1
    assert run(command) == 1
    assert capsys.readouterr().err.startswith("packshot: error: catalog exists already")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["build", "/no/such", "-o", "/tmp/x"], 1),
        (["build", "/tmp", "-o", "/tmp/x", "--map", "nonsense"], 2),
        (["build", "/tmp", "-o", "/tmp/x", "--map", "hue=x"], 2),
        (["build", "-o", "/tmp/x"], 2),
        (["build", "/tmp", "-o", "/tmp/x", "--gate", "0.7"], 2),
        (["build", "/tmp", "-o", "/tmp/x", "--cut-out", "--gate", "0.3"], 2),
        (["info", "/no/such"], 1),
    ],
)
def test_errors_are_one_line(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", *arguments]) == status
    err = capsys.readouterr().err
    assert err.startswith("packshot: error: ")
    assert err.count("\n") == 1


def test_cut_outs_are_on_white_and_the_rest_is_flagged(tmp_path: Path) -> None:
    shop = write_shop(tmp_path / "shop", 24)
    counts = build([shop], tmp_path / "out", Options(cut_out=True, workers=0))
    assert counts["flags"]["cut-out"] + counts["flags"].get("background", 0) == counts["kept"]
    assert counts["flags"]["cut-out"] >= 20
    catalog = Catalog(tmp_path / "out")
    assert catalog.info["cut_out"].keys() == catalog.info["categories"].keys()
    for row, rgb in zip(catalog.train.to_dicts(), catalog.images("train"), strict=True):
        if "cut-out" in row["flags"]:
            assert rgb.shape == (384, 384, 3)
            assert all(np.all(rgb[y, x] == 255) for y in (0, -1) for x in (0, -1))
            left, top, right, bottom = row["box"]
            assert 0.8 * 384 <= max(right - left, bottom - top) <= 0.95 * 384
            assert abs((left + right) / 2 - 192) <= 6


@pytest.mark.parametrize(("gate", "taken"), [(None, False), (0.85, False), (0.7, True)])
def test_a_doubtful_mask_is_taken_where_the_gate_says_so(
    gate: float | None, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubtful(rgb: np.ndarray, *_: object) -> CutOut:
        mask = np.zeros(rgb.shape[:2], np.float32)
        mask[20:-20, 20:-20] = 1
        return CutOut(mask, "network", 0.8, "the product's edge is unclear")

    monkeypatch.setattr("packshot.catalog.inspection.cut_out", doubtful)
    shop = write_shop(tmp_path / "shop", 6)
    counts = build([shop], tmp_path / "out", Options(cut_out=True, gate=gate, workers=0))
    assert counts["flags"].get("cut-out", 0) == (counts["kept"] if taken else 0)
    assert Catalog(tmp_path / "out").info["settings"]["gate"] == gate


def test_the_room_imports_without_its_optional_packages() -> None:
    script = (
        "import sys\n"
        "for name in ('polars', 'pyarrow', 'cv2', 'faiss', 'httpx', 'jinja2', 'phonenumbers', 'charset_normalizer'):\n"
        "    sys.modules[name] = None\n"
        "import packshot.catalog\n"
        "try:\n"
        "    packshot.catalog.Catalog('/nowhere')\n"
        "except packshot.errors.PackshotError as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'packshot[catalog]'" in result.stdout
