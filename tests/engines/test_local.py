"""The local engine: order, bounded reading ahead, errors."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from functools import partial
from typing import Literal

import pytest

from packshot.engines import LocalEngine, open_engine
from packshot.errors import PackshotError


@pytest.mark.parametrize(("workers", "kind"), [(1, "processes"), (2, "processes"), (3, "threads")])
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


def test_a_dead_worker_is_one_line() -> None:
    with pytest.raises(PackshotError, match="a worker process died"):
        list(LocalEngine(2).map(os._exit, [3]))


def test_unknown_engine() -> None:
    with pytest.raises(PackshotError, match="Engines are local"):
        open_engine("cloud")
