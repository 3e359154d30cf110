"""Pixels to bytes: PNG, JPEG, WebP and AVIF, the same bytes for the same pixels and the same notes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Format = Literal["png", "jpeg", "webp", "avif"]
FORMATS: tuple[Format, ...] = ("png", "jpeg", "webp", "avif")
SUFFIXES: Mapping[Format, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "avif": ".avif"}


def encode(
    rgb: NDArray[np.uint8],
    format: Format = "png",
    *,
    quality: int = 92,
    xmp: bytes | None = None,
    text: Mapping[str, str] | None = None,
) -> bytes:
    """Encode pixels; nothing but what is passed here goes into the file.

    Args:
        rgb: (h, w, 3) or, for all but JPEG, (h, w, 4) uint8.
        quality: 1..100, for JPEG and AVIF (both 4:4:4 sampling) and WebP; PNG is lossless.
        xmp: an XMP packet to embed.
        text: PNG text chunks; other formats have no place for them and leave them out.
    """
    image = Image.fromarray(np.ascontiguousarray(rgb))
    out = io.BytesIO()
    extra = {"xmp": xmp} if xmp else {}
    if format == "png":
        image.save(out, "PNG", optimize=False, compress_level=6, pnginfo=_png_info(xmp, text or {}))
    elif format == "jpeg":
        # Not optimize=True: Pillow then needs the whole file in one buffer and fails on noisy pictures.
        image.convert("RGB").save(out, "JPEG", quality=quality, subsampling=0, **extra)
    elif format == "webp":
        image.save(out, "WEBP", quality=quality, method=4, exact=False, **extra)
    else:
        # One thread, for the encoder's tiles and so its bytes depend on their number.
        image.save(out, "AVIF", quality=quality, subsampling="4:4:4", speed=7, max_threads=1, **extra)
    return out.getvalue()


def text_chunks(image: Image.Image) -> dict[str, str]:
    """The PNG text chunks of an opened picture, except the one that holds XMP."""
    chunks = cast("dict[str, object]", getattr(image, "text", {}))
    return {key: str(value) for key, value in chunks.items() if key != "XML:com.adobe.xmp"}


def _png_info(xmp: bytes | None, text: Mapping[str, str]) -> PngInfo:
    info = PngInfo()
    if xmp:
        # XMP specification part 3, 1.1.5: an uncompressed iTXt chunk with this keyword.
        info.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8"))
    for key, value in text.items():
        if value.isascii():
            info.add_text(key, value)
        else:
            info.add_itxt(key, value)
    return info
