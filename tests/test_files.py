"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from packshot.errors import PackshotError
from packshot.files import new_array


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no way to take room on this system")
def test_a_new_array_has_its_room_before_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.npy"
    out = new_array(path, np.float32, (1000, 300))
    assert path.stat().st_blocks * 512 >= 1000 * 300 * 4
    out[7] = 3.0
    out.flush()
    again = np.load(path, mmap_mode="r")
    assert again.shape == (1000, 300)
    assert (again[7] == 3).all()
    assert (again[8] == 0).all()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no way to take room on this system")
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(PackshotError, match=r"No space left.*a\.npy|a\.npy.*No space left"):
        new_array(tmp_path / "a.npy", np.uint8, (10,))
