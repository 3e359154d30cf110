"""Near duplicates: planted ones are found, look-alikes are not; hashes against a public library."""

from __future__ import annotations

import io
from pathlib import Path

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from packshot.catalog import Catalog, Options, build
from packshot.catalog.duplicates import near_duplicates
from packshot.catalog.hashing import bits, perceptual_hash
from packshot.catalog.inspection import features
from packshot.catalog.looks import looks
from packshot.catalog.quality import SMALL_SIDE, judge
from packshot.images.resize import small_copy
from tests.catalog.shop import jpeg, photo
from tests.conftest import draw_product


def _changed(image: Image.Image, how: str) -> Image.Image:
    width, height = image.size
    if how == "recompressed":
        return Image.open(io.BytesIO(jpeg(image, 35)))
    if how == "resized":
        return image.resize((width * 6 // 10, height * 6 // 10), Image.Resampling.LANCZOS)
    if how == "cropped":
        return image.crop((width // 20, height // 25, width - width // 30, height - height // 16))
    if how == "brighter":
        return ImageEnhance.Brightness(image).enhance(1.25)
    shifted = np.asarray(image, np.float32) * (1.12, 1.0, 0.88)
    return Image.fromarray(np.clip(shifted, 0, 255).astype(np.uint8))


_WAYS = ("recompressed", "resized", "cropped", "brighter", "tinted")


def _found(pictures: list[NDArray[np.uint8]], *, mirrored: bool = False) -> set[tuple[int, int]]:
    seen = np.stack([looks(p) for p in pictures])
    rows = np.stack([features(p) for p in pictures])
    hashes = bits([perceptual_hash(p) for p in pictures])
    return {(p.first, p.second) for p in near_duplicates(seen, rows, hashes, mirrored=mirrored)}


@pytest.mark.parametrize("how", ["quarter", "half", "upside down", "banner"])
def test_turned_copies_and_banners_are_found_and_nothing_else(how: str) -> None:
    originals = [photo(i, (160, 200)) for i in range(8)]
    copy = originals[3].convert("RGB")
    if how == "banner":
        ImageDraw.Draw(copy).rectangle((0, copy.height * 5 // 6, copy.width, copy.height), fill=(220, 30, 30))
    else:
        turns = {"quarter": Image.Transpose.ROTATE_90, "half": Image.Transpose.ROTATE_180}
        copy = ImageOps.flip(copy) if how == "upside down" else copy.transpose(turns[how])
    pictures = [np.asarray(p.convert("RGB")) for p in (*originals, copy)]
    assert _found(pictures, mirrored=how == "upside down") == {(3, 8)}


def test_planted_duplicates_are_found_and_nothing_else() -> None:
    originals = [photo(i, (160, 200)) for i in range(12)]
    pictures = [np.asarray(o.convert("RGB")) for o in originals]
    wanted = set()
    for i, original in enumerate(originals):
        for how in (_WAYS[i % 5], _WAYS[(i + 2) % 5]):
            wanted.add((i, len(pictures)))
            pictures.append(np.asarray(_changed(original, how).convert("RGB")))
    found = _found(pictures)
    assert wanted <= found
    # Two changed copies of one original are duplicates of each other as well.
    origin = {**{i: i for i in range(12)}, **{copy: original for original, copy in wanted}}
    assert all(origin[a] == origin[b] for a, b in found)


def test_frames_marks_and_slight_turns_are_seen_through() -> None:
    original = photo(3, (200, 240)).convert("RGB")
    framed = ImageOps.expand(ImageOps.expand(original, (20, 4, 9, 30), "white"), 12, "black")
    marked = original.copy()
    ImageDraw.Draw(marked).ellipse((150, 8, 192, 50), fill="red")
    turned = original.rotate(2, Image.Resampling.BICUBIC, fillcolor="white")
    copies = [framed, marked, turned, ImageOps.grayscale(original).convert("RGB")]
    found = _found([np.asarray(image) for image in (original, photo(4, (200, 240)).convert("RGB"), *copies)])
    assert {(0, 2), (0, 3), (0, 4), (0, 5)} <= found
    assert not any(1 in pair for pair in found)


def test_crops_of_products_on_white_are_found() -> None:
    rng = np.random.default_rng(2)
    originals = [draw_product(kind, "green", rng, 256) for kind in ("dress", "hat", "trousers") for _ in range(3)]
    crops = [p[8:-14, 5:-12] for p in originals]
    assert {(i, i + 9) for i in range(9)} <= _found([*originals, *crops])


def test_mirror_images_are_duplicates_only_on_request() -> None:
    originals = [np.asarray(photo(i).convert("RGB")) for i in range(6)]
    pictures = [*originals, *(np.ascontiguousarray(p[:, ::-1]) for p in originals)]
    assert _found(pictures) == set()
    assert _found(pictures, mirrored=True) == {(i, i + 6) for i in range(6)}


def test_products_that_share_no_more_than_their_outline_stay_apart() -> None:
    rng = np.random.default_rng(1)
    pictures = [
        draw_product(kind, color, rng) for _ in range(6) for kind in ("dress", "hat") for color in ("red", "blue")
    ]
    assert len(_found(pictures)) <= 2


@pytest.mark.parametrize("size", [(120, 90), (640, 480)])
def test_a_small_copy_that_is_there_already_changes_nothing(size: tuple[int, int]) -> None:
    framed = np.asarray(ImageOps.expand(photo(2, size), 30, "white").convert("RGB"))
    small = small_copy(framed, SMALL_SIDE)
    assert np.array_equal(looks(framed, small), looks(framed))
    assert judge(framed, small) == judge(framed)


def test_hash_is_that_of_imagehash() -> None:
    for seed in range(8):
        image = photo(seed, (150 + 7 * seed, 120)).convert("RGB")
        assert perceptual_hash(np.asarray(image)) == str(imagehash.phash(image))


def test_near_duplicates_share_a_group_and_a_split(tmp_path: Path) -> None:
    lines = ["sku,title,image"]
    for i in range(8):
        photo(i).save(tmp_path / f"{i}.png")
        _changed(photo(i), _WAYS[i % 5]).convert("RGB").save(tmp_path / f"{i}b.png")
        lines += [f"a{i},red hat,{i}.png", f"b{i},blue hat,{i}b.png"]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    counts = build([tmp_path], tmp_path / "out", Options(workers=2, test_share=0.4))
    assert (counts["kept"], counts["groups"]) == (16, 8)
    catalog = Catalog(tmp_path / "out")
    for frame in (catalog.train, catalog.test):
        groups = dict(zip(frame["sku"], frame["group"], strict=True))
        assert all(groups[f"b{sku[1:]}"] == group for sku, group in groups.items())


def test_planted_duplicates_among_real_photos(data: Path) -> None:
    """At least 97 % of planted duplicates are found; what else is found are no strangers."""
    rng = np.random.default_rng(5)
    files = sorted((data / "clothing" / "images").glob("*.jpg"))[::70][:60]
    if len(files) < 60:
        pytest.skip("the clothing catalog is not complete")
    pictures, origin = [], []
    for i, file in enumerate(files):
        with Image.open(file) as image:
            original = image.convert("RGB")
        pictures.append(np.asarray(original))
        pictures += [np.asarray(_changed(original, str(how)).convert("RGB")) for how in rng.choice(_WAYS, 2, False)]
        origin += [i] * 3
    found = _found(pictures)
    planted = [(3 * i, 3 * i + k) for i in range(60) for k in (1, 2)]
    assert sum(pair in found for pair in planted) >= 0.97 * len(planted)
    right = sum(origin[a] == origin[b] for a, b in found)
    assert right >= 0.99 * len(found)
