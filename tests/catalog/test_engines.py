"""Where a build runs changes nothing of it, and a picture that kills its process is left out like any other bad one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from packshot.catalog import Catalog, Options, build, building, inspection
from tests.catalog.shop import adds_up, jpeg, photo, write_photos

_COUNT = 14


def deadly(job: inspection.Job) -> dict[str, Any]:
    """Inspect as ever, but die over some pictures as a decoder does over a damaged one."""
    if job.candidate.reference.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return inspection.inspect(job)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    names = [f"{'deadly' if i in (4, 9) else 'p'}{i}.jpg" for i in range(_COUNT)]
    write_photos(folder, names)
    (folder / "copy.jpg").write_bytes(jpeg(photo(0), 40))
    (folder / "broken.jpg").write_bytes(b"no picture")
    lines = [f"{name[:-4]},red dress {i},{name}" for i, name in enumerate([*names, "copy.jpg", "broken.jpg"])]
    (folder / "products.csv").write_text("\n".join(["sku,title,image", *lines]))
    return folder


@pytest.fixture(scope="module")
def local(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local") / "catalog"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "inspect", deadly)
        build([shop], out, Options(workers=2))
    return out


@pytest.fixture
def ray() -> Iterator[None]:
    ray = pytest.importorskip("ray")
    yield
    ray.shutdown()


def _rejected(catalog: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(catalog / "rejected.parquet").to_pylist()
    return rows


def test_a_picture_that_kills_its_process_is_left_out(local: Path) -> None:
    counts = Catalog(local).counts
    assert adds_up(counts)
    assert counts["kept"] == _COUNT - 1
    reasons = {row["sku"]: (row["reason"], row["measured"]) for row in _rejected(local)}
    died = ("unreadable", "decoding it killed the process")
    assert reasons == {"deadly4": died, "deadly9": died, "broken": ("unreadable", "not a picture")}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("ray")
def test_ray_gives_the_rows_of_the_local_engine(
    shop: Path, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "inspect", deadly)
    out = tmp_path / "ray"
    assert build([shop], out, Options(engine="ray", workers=1)) == Catalog(local).counts
    one, other = Catalog(local), Catalog(out)
    assert one.fingerprint == other.fingerprint
    assert one.train.equals(other.train)
    assert one.test.equals(other.test)
    assert list(one.image_bytes("train")) == list(other.image_bytes("train"))
    assert _rejected(out) == _rejected(local)
    assert (out / "report.html").is_file()
