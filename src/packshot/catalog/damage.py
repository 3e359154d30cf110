"""Damage that a decoder covers up: a JPEG whose data ends early or makes no sense still becomes pixels, of which a part
is grey or smeared."""

from __future__ import annotations

import re

# Some cameras leave a few bytes between the picture's end and its end marker.
_HARMLESS_BYTES = 16


def jpeg_damage(data: bytes) -> str:
    """What libjpeg-turbo complains of in a JPEG; empty where it does not, and for every other format."""
    if not data.startswith(b"\xff\xd8"):
        return ""
    import simplejpeg

    try:
        # All of the data is read, whatever the size of what comes out.
        simplejpeg.decode_jpeg(data, strict=True, min_height=1, min_width=1, min_factor=1)
    except ValueError as error:
        message = str(error)
        extra = re.search(r"(\d+) extraneous bytes", message)
        # What it cannot read at all may still be read by Pillow, which has the last word.
        corrupt = "Corrupt JPEG data" in message or "Premature end" in message
        return message if corrupt and not (extra and int(extra[1]) <= _HARMLESS_BYTES) else ""
    return ""
