"""The character encoding of a text file that does not say."""

from __future__ import annotations

import codecs
from pathlib import Path

from packshot.errors import PackshotError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 18


def text_encoding(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-8 where that fits, else the likeliest.

    Raises:
        PackshotError: the file is missing, empty or binary.
    """
    head = _head(path)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if _fits(path, "utf-8"):
        return "utf-8"
    if b"\0" in head:
        # Zeros are the high bytes of delimiters, digits and line ends, all on one side.
        low, high = head[::2].count(0), head[1::2].count(0)
        if max(low, high) > 0.05 * len(head) / 2 and min(low, high) < 0.1 * max(low, high):
            return "utf-16-le" if high > low else "utf-16-be"
        raise PackshotError("not a text file", path)
    # GB18030 holds GBK and GB2312. Nearly any bytes decode as it, so its Han must be common ones.
    if _fits(path, "gb18030") and _common_han(head.decode("gb18030", "ignore")):
        return "gb18030"
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    return best.encoding if best is not None else "cp1252"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_SAMPLE)
    except FileNotFoundError:
        raise PackshotError("no such file", path) from None
    except OSError as error:
        raise PackshotError(f"cannot read: {error.strerror or error}", path) from None
    if not head.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise PackshotError("empty file", path)
    return head


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _common_han(text: str) -> bool:
    other = [c for c in text if not c.isascii()]
    # GB2312 level 1, the 3,755 commonest characters, starts with bytes 0xB0 to 0xD7; punctuation with 0xA1, 0xA3.
    common = 0
    for character in other:
        encoded = character.encode("gb18030")
        common += len(encoded) == 2 and (0xB0 <= encoded[0] <= 0xD7 or encoded[0] in (0xA1, 0xA3))
    return bool(other) and common >= 0.7 * len(other)
