"""The local engine: order, bounded reading ahead, errors."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from packshot.engines import LocalEngine, open_engine
from packshot.errors import PackshotError


@pytest.mark.parametrize(("workers", "kind"), [(0, "processes"), (2, "processes"), (3, "threads")])
def test_results_come_in_the_order_of_the_items(workers: int, kind: Literal["processes", "threads"]) -> None:
    double = partial(operator.mul, 2)
    assert list(LocalEngine(workers, kind).map(double, range(50))) == [2 * i for i in range(50)]


def test_items_are_read_only_a_little_ahead() -> None:
    read = []

    def items() -> Iterator[int]:
        for i in range(1000):
            read.append(i)
            yield i

    results = LocalEngine(2, "threads").map(operator.neg, items())
    next(results)
    assert len(read) <= 8
    results.close()  # type: ignore[attr-defined]


def test_an_error_of_the_function_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(LocalEngine(2, "threads").map(partial(operator.floordiv, 1), [1, 0]))


def _deadly(item: int) -> int:
    if item in (3, 11):
        os.kill(os.getpid(), signal.SIGKILL)
    return -item


def test_an_item_that_kills_its_process_is_lost_alone() -> None:
    seen = list(LocalEngine(2).map(_deadly, range(20), lost=lambda item: 1000 + item))
    assert seen == [1000 + i if i in (3, 11) else -i for i in range(20)]


def test_without_a_way_to_lose_an_item_a_dead_worker_is_one_line() -> None:
    with pytest.raises(PackshotError, match="a worker process died"):
        list(LocalEngine(1).map(_deadly, [3]))


def test_processes_that_cannot_start_are_one_line(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text("import operator\nfrom packshot.engines import LocalEngine\nlist(LocalEngine(1).map(abs, [1]))\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert "worker processes cannot start" in done.stderr


def test_unknown_engine() -> None:
    with pytest.raises(PackshotError, match="Engines are local, ray"):
        open_engine("cloud")
