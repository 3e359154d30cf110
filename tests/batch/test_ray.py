"""A table filled through Ray: the same files, the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from packshot.batch import Options, fill

from .tables import APPAREL, tree, write_table

ray = pytest.importorskip("ray", reason="pip install 'packshot[ray]'")
# Ray Data warns of settings of its own, which nobody here has set.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_ray_makes_the_same_bytes(tmp_path: Path) -> None:
    table = write_table(tmp_path / "products.csv", APPAREL)
    fill([table], tmp_path / "local", Options(preset="taobao"))
    summary = fill([table], tmp_path / "ray", Options(preset="taobao", engine="ray", workers=1))
    ray.shutdown()
    assert summary.count("made") == 3
    assert tree(tmp_path / "ray") == tree(tmp_path / "local")
