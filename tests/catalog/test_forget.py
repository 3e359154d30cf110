"""A product can be taken out of a catalog without a trace."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest

from packshot.catalog import Catalog, Options, build, forget
from packshot.errors import PackshotError
from tests.catalog.shop import adds_up, write_photos


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    shop = tmp_path / "shop"
    write_photos(shop, [f"p{i}.jpg" for i in range(12)])
    lines = [f"p{i},red dress {i},p{i}.jpg\n" for i in range(12)] + ["gone,blue hat,none.jpg\n"]
    (shop / "p.csv").write_text("sku,title,image\n" + "".join(lines))
    build([shop], tmp_path / "catalog", Options(workers=0))
    return tmp_path / "catalog"


def test_forgetting_removes_rows_pictures_reports_and_caches(catalog: Path, tmp_path: Path) -> None:
    before = Catalog(catalog)
    (before.cache_dir / "features.npy").write_bytes(b"derived")
    fingerprint = before.fingerprint
    assert forget(catalog, ["p3", "gone"]) == {"removed": 2, "skus": ["gone", "p3"]}
    after = Catalog(catalog)
    assert adds_up(after.counts)
    assert (after.counts["kept"], after.counts["candidates"]) == (11, 11)
    assert after.fingerprint != fingerprint
    assert not (catalog / ".cache").exists()
    for path in catalog.rglob("*"):
        if path.is_file() and path.suffix != ".json":
            assert b"red dress 3" not in path.read_bytes(), path
    assert len(list(after.images("train"))) == after.train.height
    assert "p3" not in [*after.train["sku"], *after.test["sku"]]
    loaded = datasets.load_dataset(str(catalog), cache_dir=str(tmp_path / "hf"))
    assert sum(split.num_rows for split in loaded.values()) == 11


def test_forgetting_what_is_not_there_is_an_error(catalog: Path) -> None:
    with pytest.raises(PackshotError, match="no product nobody"):
        forget(catalog, ["nobody"])
