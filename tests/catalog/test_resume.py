"""A build that is killed goes on, and ends as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from packshot.catalog import Catalog, Options, build
from packshot.errors import PackshotError
from tests.catalog.shop import write_photos

_COUNT = 60
_SCRIPT = """
import sys, time
from pathlib import Path
from packshot.catalog import Options, building, inspection

def slowly(job):
    time.sleep(0.03)
    return inspection.inspect(job)

building.PART_ROWS = 8
building.inspect = slowly
building.build_catalog([Path(sys.argv[1])], Path(sys.argv[2]), Options(workers=0))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_photos(folder, [f"p{i}.jpg" for i in range(_COUNT)])
    lines = [f"p{i},red dress {i}\n" for i in range(_COUNT)]
    (folder / "products.csv").write_text("sku,title\n" + "".join(lines))
    return folder


def _start(shop: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _SCRIPT, str(shop), str(out)], stderr=subprocess.DEVNULL)


def _parts(out: Path) -> int:
    return len(list((out / ".work" / "parts").glob("part-*.parquet")))


def test_kill_and_resume_give_the_rows_of_an_undisturbed_run(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = _start(shop, out)
    deadline = time.monotonic() + 60
    while _parts(out) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = _parts(out)
    assert 2 <= before <= _COUNT // 8
    with pytest.raises(PackshotError, match="catalog is not finished"):
        Catalog(out)
    with pytest.raises(PackshotError, match="unfinished catalog of other sources or options"):
        build([shop], out, Options(workers=0, max_side=64))
    build([shop], out, Options(workers=0))
    build([shop], tmp_path / "whole", Options(workers=0))
    killed, whole = Catalog(out), Catalog(tmp_path / "whole")
    assert killed.fingerprint == whole.fingerprint
    assert killed.counts == whole.counts
    assert killed.train.equals(whole.train)
    assert not (out / ".work").exists()


def test_a_kill_while_files_move_into_place_is_finished_by_the_next_run(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "moved"
    build([shop], out, Options(workers=0))
    fingerprint = Catalog(out).fingerprint
    # The state of a replacement that got as far as the card.
    final = out / ".work" / "final"
    final.mkdir(parents=True)
    for name in ("catalog.json", "report.html", "README.md"):
        (out / name).replace(final / name)
    build([shop], out, Options(workers=0))
    assert Catalog(out).fingerprint == fingerprint


def test_overwrite_starts_anew(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "catalog"
    build([shop], out, Options(workers=0))
    (Catalog(out).cache_dir / "features.npy").write_bytes(b"old")
    build([shop], out, Options(workers=0, max_side=96, overwrite=True))
    assert max(Catalog(out).train["width"]) == 96
    assert not (out / ".cache").exists()
