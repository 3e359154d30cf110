"""What a stage needs of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from packshot.errors import PackshotError

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Maps a function over items; the results come in the order of the items, whatever finished first."""

    def map(self, function: Callable[[T], R], items: Iterable[T], lost: Callable[[T], R] | None = None) -> Iterator[R]:
        """Yield ``function(item)`` for every item, in order.

        Args:
            function: a function of a module (it is sent to other processes by name), without side effects.
            items: read as they are needed, only a bounded number ahead of the results.
            lost: gives the result of an item whose work killed its process, as a damaged file in a decoder may. It
                runs where ``map`` is called. All other items are worked on as if nothing had happened.

        Raises:
            PackshotError: the work on an item killed its process and there is no ``lost``.
            Exception: whatever ``function`` raises, at the item's turn.
        """
        ...


def give_up(item: T, lost: Callable[[T], R] | None) -> R:
    """The result of an item that killed its process even when it was alone in it."""
    if lost is None:
        raise PackshotError("a worker process died", hint="Memory may have run out; try fewer workers.")
    return lost(item)
