"""Any picture becomes sRGB pixels, or a reason why not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from packshot.images.decode import DecodeError, decode
from packshot.images.resize import resize


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
        (_bytes(Image.new("L", (8, 8)))[:16] + bytes(40), "damaged picture: broken header"),
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


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size_and_looks_the_same(mode: str) -> None:
    y, x = np.mgrid[0:301, 0:900].astype(np.float32)
    waves = np.stack([127 + 90 * np.sin(x / 60), 127 + 90 * np.cos(y / 40), x / 4], axis=-1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    extra = {} if mode == "CMYK" else {"icc_profile": profile}
    data = _bytes(Image.fromarray(waves).convert(mode), "JPEG", exif=exif, quality=95, **extra)
    whole, few = decode(data), decode(data, least_side=200)
    assert whole.rgb.shape == (900, 301, 3)
    assert few.rgb.shape == (225, 76, 3)
    assert few.full_size == whole.full_size == (301, 900)
    assert np.abs(resize(whole.rgb, 76, 225).astype(int) - few.rgb).mean() < 2


@pytest.mark.parametrize(("kind", "size"), [("JPEG", (399, 300)), ("PNG", (900, 300))])
def test_what_is_not_a_large_jpeg_is_decoded_whole(kind: str, size: tuple[int, int]) -> None:
    picture = decode(_bytes(Image.new("RGB", size), kind), least_side=200)
    assert picture.rgb.shape == (size[1], size[0], 3)
    assert picture.full_size == size


def test_a_large_jpeg_that_ends_early_is_refused_at_any_size() -> None:
    data = _bytes(Image.effect_noise((512, 512), 90), "JPEG")
    with pytest.raises(DecodeError, match="damaged picture"):
        decode(data[: len(data) // 2], least_side=64)
