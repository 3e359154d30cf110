"""The Ray engine gives what the local one gives. Ray starts once for all of these tests."""

from __future__ import annotations

import operator
import os
import signal
from collections.abc import Iterator
from functools import partial

import pytest

from packshot.engines import Engine, open_engine
from packshot.errors import PackshotError

ray = pytest.importorskip("ray")
# Ray Data warns of settings of its own, which nobody here has set.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    yield open_engine("ray", workers=1)
    ray.shutdown()


def _deadly(item: int) -> int:
    if item == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return -item


def test_results_come_in_the_order_of_the_items(engine: Engine) -> None:
    # More than one window.
    assert list(engine.map(partial(operator.mul, 2), iter(range(140)))) == [2 * i for i in range(140)]
    assert list(engine.map(operator.neg, [])) == []


def test_an_error_of_the_function_reaches_the_caller(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        list(engine.map(partial(operator.floordiv, 1), [1, 0]))


def test_an_item_that_kills_its_process_is_lost_alone(engine: Engine) -> None:
    assert list(engine.map(_deadly, range(9), lost=lambda item: 1000 + item)) == [0, -1, -2, -3, -4, -5, 1006, -7, -8]
    with pytest.raises(PackshotError, match="a worker process died"):
        list(engine.map(_deadly, [6]))


def test_usage_statistics_are_off(engine: Engine) -> None:
    list(engine.map(operator.neg, [1]))
    from ray._common.usage.usage_lib import usage_stats_enabled

    assert not usage_stats_enabled()
