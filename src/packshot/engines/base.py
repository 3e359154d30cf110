"""What a stage needs of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Maps a function over items; the results come in the order of the items, whatever finished first."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield ``function(item)`` for every item, in order.

        Args:
            function: a function of a module (it is sent to other processes by name), without side effects.
            items: read as they are needed, only a bounded number ahead of the results.
        """
        ...
