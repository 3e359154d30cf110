"""The command line: what it prints, and the one line for every mistake."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from packshot.cli import run
from packshot.cli.train import parse_duration
from packshot.evaluation.probes import Probes


def _error(capsys: pytest.CaptureFixture[str], arguments: list[str], status: int) -> str:
    assert run(arguments) == status
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("packshot: error: ")
    assert "Traceback" not in captured.err
    return lines[0]


def test_the_version_and_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    from packshot import __version__

    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__
    assert run([]) == 0
    out = capsys.readouterr().out
    assert all(verb in out for verb in ("catalog", "train", "evaluate", "generate", "finish"))


def test_generate_prints_files_or_json(
    trained: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = str(trained["vae"]), str(tmp_path / "o")
    assert run(["generate", "red dress", "蓝色裤子", "-n", "2", "--seed", "5", "-m", model, "-o", out]) == 0
    files = capsys.readouterr().out.split()
    assert [Path(f).name for f in files] == ["red-dress-5.png", "red-dress-6.png", "蓝色裤子-5.png", "蓝色裤子-6.png"]
    with Image.open(files[0]) as image:
        assert image.size == (32, 32)
    assert run(["generate", "red refrigerator", "--seed", "1", "-m", model, "-o", out, "--json"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert result["images"][0]["seed"] == 1
    assert "refrigerator" in result["warnings"][0]
    assert "packshot: warning: " in captured.err


FEW = ("--images", "120", "--seeds", "2")


def test_evaluate_writes_scores_and_card(
    trained: dict[str, Path], catalog_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(trained["vae"]), str(catalog_path), "-o", str(tmp_path), *FEW, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((tmp_path / "evaluation.json").read_text())
    assert result["features"].startswith("lite0")
    scores, real = result["scores"], result["real_against_real"]
    assert scores["fid"]["value"] > real["fid"]["value"] > 0
    assert scores["kid"]["low"] > real["kid"]["value"]
    assert all(f["low"] <= f["value"] <= f["high"] for f in scores.values())
    assert f"{scores['fid']['value']:.1f}" in (tmp_path / "README.md").read_text()
    followed = result["adherence"]
    assert followed["descriptions"] * followed["seeds"] == 24 * 2
    assert set(followed["per_category"]) == {"dress", "trousers", "hat"}
    assert all(followed[language]["color"]["of_ceiling"]["value"] > 0 for language in ("zh", "en"))
    assert set(result["r_precision"]) == {"zh", "en"}
    assert result["memorisation"]["near_copies"]["value"] <= 1
    assert result["same_description"]["spread"]["value"] >= 0
    assert Probes.load(tmp_path / "probes.npz").resolution == 32


MISTAKES = [
    (["generate", "red dress", "-n", "0"], 2, "-n"),
    (["generate", ""], 2, "empty description"),
    (["generate", "red dress", "-m", "{tmp}/nowhere"], 1, "no such model folder"),
    (["generate", "red dress", "-m", "{tmp}"], 1, "no model folder"),
    (["generate", "red dress", "--like", "{tmp}/none.jpg", "-m", "{vae}"], 1, "no such file"),
    (["generate", "red dress", "--like", "{tmp}/text.jpg", "-m", "{vae}"], 1, "not a picture"),
    (["finish", "{tmp}/none.jpg", "--preset", "taobao", "-o", "{tmp}/f"], 1, "no such file"),
    (["finish", "{tmp}/text.jpg", "--preset", "nowhere", "-o", "{tmp}/f"], 2, "nowhere"),
    (["train", "{tmp}/nowhere", "-o", "{tmp}/m", "--family", "vae", "--steps", "1"], 1, "nowhere"),
    (["train", "{catalog}", "-o", "{tmp}/m", "--family", "diffusion", "--steps", "1"], 2, "diffusion"),
    (["train", "{catalog}", "-o", "{tmp}/m", "--family", "vae"], 2, "--budget"),
    (["train", "{catalog}", "-o", "{tmp}/m", "--family", "vae", "--budget", "soon"], 2, "not a duration"),
    (["train", "{catalog}", "-o", "{tmp}/m"], 2, "no family"),
    (["evaluate", "{vae}", "{tmp}/nowhere"], 1, "nowhere"),
    (["catalog", "build", "{tmp}/nowhere", "-o", "{tmp}/c"], 1, "nowhere"),
    (["catalog", "build", "{tmp}/empty.csv", "-o", "{tmp}/c"], 1, "empty"),
    (["catalog", "build", "{tmp}/useless.csv", "-o", "{tmp}/c"], 1, "column"),
    (["nonsense"], 2, "nonsense"),
    (["generate", "red dress", "--colour", "red"], 2, "--colour"),
]


@pytest.mark.parametrize(
    ("arguments", "status", "message"), MISTAKES, ids=lambda v: " ".join(v[:3]) if isinstance(v, list) else None
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    status: int,
    message: str,
    trained: dict[str, Path],
    catalog_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "text.jpg").write_text("this is no picture")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "useless.csv").write_text("colour,weight\nred,3\n")
    names = {"tmp": tmp_path, "vae": trained["vae"], "catalog": catalog_path}
    line = _error(capsys, [a.format(**names) for a in arguments], status)
    assert message in line


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    from packshot.errors import PackshotError

    with pytest.raises(PackshotError):
        run(["--debug", "generate", "red dress", "-m", str(tmp_path / "none")])


def test_a_generated_picture_can_be_finished(trained: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["generate", "red dress", "--seed", "2", "-m", str(trained["vae"]), "-o", str(out)]) == 0
    made = out / "red-dress-2.png"
    assert run(["finish", str(made), "--preset", "taobao", "-o", str(tmp_path / "done")]) == 0
    (finished,) = (tmp_path / "done").iterdir()
    with Image.open(finished) as image:
        assert image.size == (800, 800)
    assert b"trainedAlgorithmicMedia" in finished.read_bytes()
    shutil.rmtree(tmp_path / "done")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("60m", 3600), ("1.5h", 5400), ("7", 7)])
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
