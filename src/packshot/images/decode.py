"""Bytes of any origin to sRGB pixels, or a reason why not."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from packshot.errors import PackshotError

# MPO, several JPEGs in one file, is opened by way of JPEG: Pillow knows no other way in.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MAX_PIXELS = 64_000_000
# Of PNG, JPEG and GIF: what begins so was a picture once.
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


class DecodeError(PackshotError):
    """The bytes are not a picture that can be used; ``what`` is the reason."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture without any metadata.

    Attributes:
        rgb: (h, w, 3) uint8, sRGB.
        alpha: (h, w) uint8, or None where every pixel is opaque.
        format: the container it came in, as Pillow names it.
        animated: True when only the first of several frames was taken.
        whole: width and height of the whole picture, upright, where fewer pixels than all were decoded; else None.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    format: str
    animated: bool
    whole: tuple[int, int] | None = None

    @property
    def full_size(self) -> tuple[int, int]:
        """Width and height of the whole picture in pixels, upright, however few of them were decoded."""
        height, width = self.rgb.shape[:2]
        return self.whole or (width, height)

    def on_white(self) -> NDArray[np.uint8]:
        """The pixels (h, w, 3) uint8, laid on white where they are transparent."""
        if self.alpha is None:
            return self.rgb
        a = self.alpha[..., None].astype(np.float32) / 255
        return np.rint(self.rgb * a + 255 * (1 - a)).astype(np.uint8)


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, least_side: int | None = None) -> Picture:
    """Decode a picture completely: palette, CMYK, 16 bit, EXIF orientation and ICC profile all end as sRGB.

    Args:
        data: the file's content; the format is told from it, never from a name.
        max_pixels: a larger picture is refused before it is unpacked.
        least_side: pixels along the longer side that suffice. A larger JPEG is then decoded at a half, a quarter or an
            eighth of its size, but never below this: libjpeg leaves out the finer frequencies of its cosine transform,
            which takes a fraction of the time. None decodes every pixel.

    Raises:
        DecodeError: not a picture, truncated, too large, or of a format outside ``FORMATS``.
    """
    if not data:
        raise DecodeError("empty file")
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and odd metadata; the size is checked below, the metadata dropped.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > max_pixels:
                    raise DecodeError(f"picture too large: {image.width}×{image.height} pixels")
                kind, animated = (
                    image.format or "",
                    getattr(image, "n_frames", 1) > 1 and image.format != "MPO",
                )
                size = image.size
                if least_side and max(size) >= 2 * least_side:
                    image.draft(None, _at_least(least_side, size))
                image.load()
                reduced = image.size != size
                # The profile belongs to the stored mode, so it is applied before anything else changes it.
                profile = image.info.get("icc_profile")
                sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
                ImageOps.exif_transpose(image, in_place=True)
                rgb, alpha = _to_srgb(image, profile)
    except DecodeError:
        raise
    except UnidentifiedImageError:
        begun = data.startswith(_BEGINNINGS)
        raise DecodeError("damaged picture: broken header" if begun else "not a picture") from None
    except Image.DecompressionBombError:
        raise DecodeError("picture too large") from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        MemoryError,
    ) as error:
        # Broken files make Pillow's format readers raise nearly anything.
        raise DecodeError(f"damaged picture: {str(error)[:120] or type(error).__name__}") from None
    whole = (size[::-1] if sideways else size) if reduced else None
    return Picture(rgb, alpha, kind, bool(animated), whole)


def pixel_size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture, from its header alone.

    Raises:
        DecodeError: not a picture of a known format, or one larger than any that would be unpacked.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return image.size
    except Image.DecompressionBombError:
        raise DecodeError("picture too large") from None
    except Exception:
        # A header may be broken in as many ways as a whole picture.
        raise DecodeError("not a picture") from None


def read(path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode the picture in a file.

    Raises:
        PackshotError: there is no such file, or it is not a usable picture.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PackshotError("no such file", path) from None
    except OSError as error:
        raise PackshotError(f"cannot read: {error.strerror or error}", path) from None
    try:
        return decode(data, max_pixels=max_pixels)
    except DecodeError as error:
        raise PackshotError(error.what, path, "Give a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF picture.") from None


def _at_least(side: int, size: tuple[int, int]) -> tuple[int, int]:
    """``size`` with ``side`` pixels along the longer side, rounded down: Pillow's draft then stays above both."""
    width, height = size
    longest = max(size)
    return max(1, width * side // longest), max(1, height * side // longest)


def _to_srgb(image: Image.Image, profile: bytes | None) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        wide = np.asarray(image, dtype=np.float64)
        # A 16-bit scale unless the values themselves say 8.
        grey = np.clip(wide / (257.0 if wide.max(initial=0) > 255 else 1.0), 0, 255)
        return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2), None
    alpha = None
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"), dtype=np.uint8)
        if alpha.min(initial=255) == 255:
            alpha = None
        image = image.convert("RGB")
    if profile:
        image = _apply_profile(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    return np.asarray(image, dtype=np.uint8), alpha


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode not in ("RGB", "L", "CMYK"):
            image = image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # A broken or mismatched profile is common in shop exports; the numbers are then taken as sRGB.
        return image
    return converted or image
