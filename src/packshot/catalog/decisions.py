"""What can only be decided with all candidates in sight: duplicates, groups and the split."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from packshot.catalog.duplicates import Pair

# A picture is a placeholder from so many products on, if their titles share less than this of their words.
_PLACEHOLDER_PRODUCTS = 3
_RELATED = 0.15
# Agreement of two files' details from which they are the same picture saved twice.
_SAME_LOOK = 0.95


@dataclass
class Decisions:
    """One entry per candidate, in order.

    Attributes:
        reason: why it is left out; empty if it is kept.
        measured: what that rests on.
        group: id that near duplicates and variants share.
        test: whether it is held out.
        same_picture: kept candidate → SKUs left out because their picture is the very same.
    """

    reason: list[str]
    measured: list[str]
    group: list[str]
    test: list[bool]
    same_picture: dict[int, list[str]]


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


def decide(columns: Mapping[str, list[Any]], pairs: Sequence[Pair], test_share: float) -> Decisions:
    """Decide on all candidates.

    Args:
        columns: ``reason, measured, product, sha256, sku, title, category``, an entry per candidate.
        pairs: candidates found to be near duplicates of each other.
        test_share: share of the groups to hold out.
    """
    reason, measured = list(columns["reason"]), [value or "" for value in columns["measured"]]
    _drop_placeholders(reason, measured, columns, pairs)
    usable = [not r for r in reason]
    same = _drop_identical(reason, measured, columns["sha256"], columns["sku"])
    groups = Groups(len(reason))
    for keys in (columns["product"], columns["sha256"]):
        groups.join_equal(key if use else None for key, use in zip(keys, usable, strict=True))
    for pair in pairs:
        groups.join(pair.first, pair.second)
    names = _group_names(groups, columns["product"], columns["sha256"])
    kept = {name for name, why in zip(names, reason, strict=True) if not why}
    test = {name for name in kept if held_out(name, test_share)}
    if test_share > 0 and not test and len(kept) > 1:
        # A small catalog may have drawn none; something has to be held out.
        test = {min(kept, key=lambda name: hashlib.sha256(name.encode()).digest())}
    return Decisions(reason, measured, names, [name in test for name in names], same)


def held_out(group: str, share: float) -> bool:
    """Whether a group belongs to the test split: by its name alone, so that a larger catalog agrees."""
    value = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    return value < share


def _drop_placeholders(
    reason: list[str], measured: list[str], columns: Mapping[str, list[Any]], pairs: Sequence[Pair]
) -> None:
    """Leave out a picture, in whatever size and file, that stands for products which have nothing in common."""
    same = Groups(len(reason))
    same.join_equal(None if why else digest for digest, why in zip(columns["sha256"], reason, strict=True))
    for pair in pairs:
        if pair.agreement >= _SAME_LOOK:
            same.join(pair.first, pair.second)
    sharing: dict[int, list[int]] = {}
    for item, digest in enumerate(columns["sha256"]):
        if digest and not reason[item]:
            sharing.setdefault(same.find(item), []).append(item)
    for items in sharing.values():
        first = {columns["product"][item]: item for item in reversed(items)}
        shared_by = sorted(first.values())
        if len(shared_by) >= _PLACEHOLDER_PRODUCTS and _unrelated(shared_by, columns):
            for item in items:
                reason[item], measured[item] = "placeholder", f"shared by {len(shared_by)} products"


def _unrelated(items: Sequence[int], columns: Mapping[str, list[Any]]) -> bool:
    """Whether products differ in category and share next to no word of their titles."""
    if len({columns["category"][item] for item in items}) < 2:
        return False
    # A few dozen say enough; all pairs of a shop's ten thousand placeholders would take hours.
    words = [_words(columns["title"][item]) for item in items[:40]]
    shares = [len(a & b) / max(1, len(a | b)) for i, a in enumerate(words) for b in words[:i]]
    return sum(shares) / len(shares) < _RELATED


def _words(title: str) -> set[str]:
    latin = re.findall(r"[^\W\d_]{3,}", re.sub(r"[\u3400-\u9fff]", " ", title.lower()))
    han = re.findall(r"[\u3400-\u9fff]", title)
    return {*latin, *(a + b for a, b in pairwise(han))}


def _drop_identical(
    reason: list[str], measured: list[str], sha256: Sequence[str | None], sku: Sequence[str]
) -> dict[int, list[str]]:
    first: dict[str, int] = {}
    same: dict[int, list[str]] = {}
    for item, digest in enumerate(sha256):
        if reason[item] or not digest:
            continue
        kept = first.setdefault(digest, item)
        if kept != item:
            reason[item], measured[item] = "identical picture", f"same file as {sku[kept]}"
            same.setdefault(kept, []).append(sku[item])
    return same


def _group_names(groups: Groups, product: Sequence[str], sha256: Sequence[str | None]) -> list[str]:
    """A name per candidate: its group's least picture hash, which no order of rows changes."""
    least: dict[int, str] = {}
    for item, digest in enumerate(sha256):
        root = groups.find(item)
        key = digest or hashlib.sha256(product[item].encode()).hexdigest()
        least[root] = min(least.get(root, key), key)
    return [f"g{least[groups.find(item)][:15]}" for item in range(len(product))]
