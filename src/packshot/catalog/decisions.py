"""What can only be decided with all candidates in sight: duplicates, groups and the split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Decisions:
    """One entry per candidate, in order.

    Attributes:
        reason: why it is left out; empty if it is kept.
        measured: what that rests on.
        group: id that near duplicates and variants share.
        test: whether it is held out.
    """

    reason: list[str]
    measured: list[str]
    group: list[str]
    test: list[bool]


class Groups:
    """A union-find over candidates (Tarjan 1975); the first member of a set stands for it."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, item: int) -> int:
        """The first member of the item's set."""
        root = item
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[item] != root:
            self._parent[item], item = root, self._parent[item]
        return root

    def join(self, one: int, other: int) -> None:
        """Make one set of both items' sets."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def join_equal(self, keys: Iterable[str | None]) -> None:
        """Join all items of the same key; None and the empty key join nothing."""
        first: dict[str, int] = {}
        for item, key in enumerate(keys):
            if key:
                self.join(first.setdefault(key, item), item)


def decide(table: Any, pairs: Iterable[tuple[int, int]], test_share: float) -> Decisions:
    """Decide on all candidates.

    Args:
        table: Arrow table of ``reason, measured, product, sha256, sku``, a row per candidate.
        pairs: candidates found to be near duplicates of each other.
        test_share: share of the groups to hold out.
    """
    columns = {name: table[name].to_pylist() for name in ("reason", "measured", "product", "sha256", "sku")}
    reason: list[str] = columns["reason"]
    measured = [value or "" for value in columns["measured"]]
    kept = [not r for r in reason]
    _drop_identical(reason, measured, columns["sha256"], columns["sku"])
    groups = Groups(len(reason))
    groups.join_equal(p if k else None for p, k in zip(columns["product"], kept, strict=True))
    groups.join_equal(s if k else None for s, k in zip(columns["sha256"], kept, strict=True))
    for one, other in pairs:
        groups.join(one, other)
    names = _group_names(groups, columns["product"], columns["sha256"])
    return Decisions(reason, measured, names, [held_out(name, test_share) for name in names])


def held_out(group: str, share: float) -> bool:
    """Whether a group belongs to the test split: by its name alone, so that a larger catalog agrees."""
    value = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    return value < share


def _drop_identical(reason: list[str], measured: list[str], sha256: Sequence[str | None], sku: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for item, digest in enumerate(sha256):
        if reason[item] or not digest:
            continue
        kept = first.setdefault(digest, item)
        if kept != item:
            reason[item], measured[item] = "identical picture", f"same file as {sku[kept]}"


def _group_names(groups: Groups, product: Sequence[str], sha256: Sequence[str | None]) -> list[str]:
    """A name per candidate: its group's least picture hash, which no order of rows changes."""
    least: dict[int, str] = {}
    for item, digest in enumerate(sha256):
        root = groups.find(item)
        key = digest or hashlib.sha256(product[item].encode()).hexdigest()
        least[root] = min(least.get(root, key), key)
    return [f"g{least[groups.find(item)][:15]}" for item in range(len(product))]
