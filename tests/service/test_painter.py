"""Requests that arrive together are drawn together, each gets its own, and only so many may wait."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from packshot.families.common.family import SamplingOptions
from packshot.service.drawing import Painter
from packshot.service.failures import ApiError
from packshot.service.metrics import Metrics
from packshot.service.models import Models, Offer


class Slow:
    """A generator whose pictures are their wishes, drawn when the test lets them."""

    def __init__(self) -> None:
        self.go, self.batches = threading.Event(), list[list[tuple[str, int]]]()
        self.model = type("M", (), {"config": type("C", (), {"name": "slow"})})

    def pictures(self, wanted: Iterable[tuple[str, int]], _: SamplingOptions) -> Iterator[Any]:
        batch = list(wanted)
        self.batches.append(batch)
        assert self.go.wait(10)
        for text, seed in batch:
            if text == "bad":
                raise ValueError(text)
            yield text, seed


def _painter(slow: Slow, limit: int = 8) -> Painter:
    return Painter(slow, limit, Metrics())  # type: ignore[arg-type]


def test_what_waits_is_drawn_in_one_go_and_shared_out() -> None:
    slow = Slow()
    painter = _painter(slow)
    first = painter.submit([("a", 1)])
    while not slow.batches:
        pass
    others = [painter.submit([(text, 1), (text, 2)]) for text in "bcd"]
    slow.go.set()
    assert first.result(10) == [("a", 1)]
    assert [o.result(10) for o in others] == [[(t, 1), (t, 2)] for t in "bcd"]
    assert [len(batch) for batch in slow.batches] == [1, 6]
    painter.close()
    assert painter.pending == 0


def test_too_many_are_turned_away_and_room_comes_back() -> None:
    slow = Slow()
    painter = _painter(slow, limit=3)
    held = [painter.submit([("a", 1), ("a", 2)]), painter.submit([("b", 1)])]
    with pytest.raises(ApiError) as refused:
        painter.submit([("c", 1)])
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1
    slow.go.set()
    for answer in held:
        answer.result(10)
    assert painter.submit([("c", 1)]).result(10) == [("c", 1)]
    painter.close()


def test_one_bad_request_spoils_no_later_ones() -> None:
    slow = Slow()
    slow.go.set()
    painter = _painter(slow)
    with pytest.raises(ValueError, match="bad"):
        painter.submit([("bad", 1)]).result(10)
    assert painter.submit([("a", 1)]).result(10) == [("a", 1)]
    painter.close()
    assert painter.pending == 0


def test_who_has_gone_is_not_drawn_for() -> None:
    slow = Slow()
    painter = _painter(slow)
    first = painter.submit([("a", 1)])
    while not slow.batches:
        pass
    gone = painter.submit([("b", 1)])
    assert gone.cancel()
    last = painter.submit([("c", 1)])
    slow.go.set()
    first.result(10)
    last.result(10)
    painter.close()
    assert ("b", 1) not in [w for batch in slow.batches for w in batch]
    assert painter.pending == 0


def test_a_server_that_is_busy_from_the_start_is_ready_too() -> None:
    slow = Slow()
    painter = _painter(slow, limit=1)
    held = painter.submit([("a", 1)])
    models = Models.__new__(Models)
    models.offers, models._warmed = {"slow": Offer("slow", None, painter)}, threading.Event()  # type: ignore[arg-type]
    models.warm()
    assert models.ready
    slow.go.set()
    held.result(10)
    painter.close()
