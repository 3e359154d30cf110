"""Searching near hashes: what comparing all with all finds, at a bounded cost where thousands are alike."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from packshot.catalog import proposals
from packshot.catalog.decisions import Groups
from packshot.catalog.multi_index import near_by_parts
from packshot.engines import LocalEngine

HERE = LocalEngine(0, "threads")


def _random(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (count, 8), dtype=np.uint8)


def _flipped(hashes: NDArray[np.uint8], most: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each hash with some of its bits changed."""
    shares = rng.uniform(0, most, (len(hashes), 1))
    return hashes ^ np.packbits(rng.random((len(hashes), 64)) < shares, axis=1)


def _by_hand(hashes: NDArray[np.uint8], most_bits: int) -> set[int]:
    whole = hashes.view(">u8").ravel().astype(np.uint64)
    found = set()
    for i in range(len(whole)):
        near = np.flatnonzero(np.bitwise_count(whole[i + 1 :] ^ whole[i]) <= most_bits)
        found |= {i << 32 | i + 1 + int(j) for j in near}
    return found


def test_every_near_pair_is_found() -> None:
    rng = np.random.default_rng(0)
    originals = _random(1500, rng)
    hashes = np.unique(np.concatenate([originals, _flipped(originals, 0.25, rng)]), axis=0)
    found = near_by_parts(hashes, HERE)
    assert set(found.tolist()) == _by_hand(hashes, 11)
    assert len(found) > 700


@pytest.mark.parametrize("size", [300, 3000])
def test_a_cluster_stays_connected_and_costs_little(size: int) -> None:
    rng = np.random.default_rng(1)
    center = _random(1, rng)
    hashes = np.concatenate([_flipped(np.repeat(center, size, axis=0), 0.06, rng), np.repeat(center, 200, axis=0)])
    found = near_by_parts(hashes, HERE)
    assert len(found) < 50 * len(hashes)
    groups = Groups(len(hashes))
    for key in found.tolist():
        groups.join(key >> 32, key & 0xFFFFFFFF)
    assert len({groups.find(i) for i in range(len(hashes))}) == 1


def test_both_searches_agree_on_what_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    originals = _random(400, rng)
    hashes = np.concatenate([originals, _flipped(originals, 0.1, rng)])
    few = set(proposals.near_hashes(hashes, HERE).tolist())
    monkeypatch.setattr(proposals, "FLAT_UP_TO", 0)
    many = set(proposals.near_hashes(hashes, HERE).tolist())
    assert many <= few
    assert all(key in many for key in few if key in _by_hand(hashes, 11))


def test_features_are_searched_through_an_inverted_file_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    originals = rng.standard_normal((1000, 64))
    features = np.concatenate([originals, originals + 0.3 * rng.standard_normal((1000, 64))]).astype(np.float16)
    wanted = {i << 32 | i + 1000 for i in range(1000)}
    assert wanted <= set(proposals.near_features(features).tolist())
    monkeypatch.setattr(proposals, "FLAT_UP_TO", 100)
    found = set(proposals.near_features(features).tolist())
    assert len(wanted & found) >= 0.97 * len(wanted)
