"""Generated pictures to labelled files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from packshot.files import write_new
from packshot.finishing import label
from packshot.generation.generator import Generated
from packshot.images.encode import encode

_LONGEST = 60


def to_png(image: Generated) -> bytes:
    """The picture as PNG with its description, seed, model and AI labels."""
    return encode(image.pixels, "png", xmp=label.xmp(image.record), text=label.png_text(image.record))


def file_name(image: Generated) -> str:
    """``red-dress-5.png``: readable, the same for the same description and seed, safe on every file system.

    Of a long description it holds the beginning and six digits of its SHA-256, since variants often differ at the end.
    """
    words = re.sub(r"[^\w]+", "-", image.text.lower()).strip("-_") or "picture"
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST].rstrip('-_')}-{hashlib.sha256(image.text.encode()).hexdigest()[:6]}"
    return f"{words}-{image.seed}.png"


def save(image: Generated, folder: Path, *, overwrite: bool = False) -> Path:
    """Write the picture into ``folder`` and return its path.

    Raises:
        PackshotError: a file of that name with another content is there, or it cannot be written.
    """
    path = folder / file_name(image)
    write_new(path, to_png(image), overwrite=overwrite)
    return path
