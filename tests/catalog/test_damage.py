"""JPEGs that become pixels all the same, though not the right ones."""

from __future__ import annotations

import pytest
from PIL import Image

from packshot.catalog.damage import jpeg_damage
from packshot.images.decode import decode
from tests.catalog.shop import jpeg, photo

WHOLE = jpeg(photo(1, (300, 240)))


@pytest.mark.parametrize(
    "data",
    [
        WHOLE[: len(WHOLE) // 2] + b"\xff\xd9",
        WHOLE[: len(WHOLE) // 3] + bytes(len(WHOLE) // 4) + WHOLE[len(WHOLE) // 3 + len(WHOLE) // 4 :],
        WHOLE[: len(WHOLE) // 2] + WHOLE[len(WHOLE) // 2 + 3000 :],
    ],
    ids=["ends early", "zeros in the middle", "a hole in the middle"],
)
def test_damage_that_pillow_covers_up_is_told(data: bytes) -> None:
    assert decode(data).rgb.shape == (240, 300, 3)
    assert jpeg_damage(data).startswith("Corrupt JPEG data")


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        jpeg(photo(2).convert("L")),
        jpeg(photo(2).convert("CMYK")),
        jpeg(photo(2), progressive=True, optimize=True),
        jpeg(Image.new("RGB", (9, 7), "white"), quality=100, subsampling=0),
        WHOLE[:-2] + b"\0\0\0" + WHOLE[-2:],
        WHOLE + b"camera maker's notes",
        b"\x89PNG",
    ],
    ids=["plain", "grey", "cmyk", "progressive", "tiny", "padded", "trailing", "not a jpeg"],
)
def test_sound_files_have_none(data: bytes) -> None:
    assert jpeg_damage(data) == ""
