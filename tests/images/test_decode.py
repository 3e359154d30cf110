"""Any picture becomes sRGB pixels, or a reason why not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from packshot.images.decode import DecodeError, decode


def _bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_orientation_palette_cmyk_and_16_bit() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = decode(_bytes(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif))
    assert turned.rgb.shape == (40, 20, 3)
    palette = decode(_bytes(Image.new("RGB", (8, 8), (10, 200, 30)).quantize(4), "GIF"))
    assert palette.rgb[0, 0].tolist() == [10, 200, 30]
    cmyk = decode(_bytes(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"))
    assert cmyk.rgb.min() > 250
    wide = Image.fromarray(np.full((8, 8), 65535, np.uint16))
    assert decode(_bytes(wide)).rgb.min() == 255


def test_transparency_lies_on_white() -> None:
    picture = decode(_bytes(Image.new("RGBA", (4, 4), (0, 0, 0, 0))))
    assert picture.alpha is not None
    assert picture.on_white().min() == 255


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty file"),
        (b"not a picture at all", "not a picture"),
        (_bytes(Image.effect_noise((64, 64), 90), "JPEG")[:600], "damaged picture"),
        (_bytes(Image.new("L", (3000, 3000))), "picture too large: 3000×3000 pixels"),
    ],
)
def test_what_cannot_be_used_has_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode(data, max_pixels=1_000_000)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=40))
def test_damaged_files_never_raise_anything_else(at: int, junk: bytes) -> None:
    data = bytearray(_bytes(Image.effect_noise((48, 48), 60).convert("RGB"), "JPEG"))
    data[at : at + len(junk)] = junk
    try:
        picture = decode(bytes(data))
    except DecodeError:
        return
    assert picture.rgb.dtype == np.uint8
