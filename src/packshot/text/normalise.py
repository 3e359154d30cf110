"""One written form for descriptions that come out of HTML editors, spreadsheets and two languages."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Literal

Language = Literal["zh", "en", "other"]

_BLOCK = re.compile(r"<\s*(br|/p|/div|/li|/h[1-6]|/tr|hr)\b[^>]*>", re.IGNORECASE)
_SCRIPT = re.compile(r"<\s*(script|style)\b.*?<\s*/\s*\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<\s*/?\s*[a-zA-Z][^<>]*>", re.DOTALL)
_SPACE = re.compile(r"\s+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
_LETTER = re.compile(r"[^\W\d_]")
# Symbols, modifiers, variation selectors and tags by which emoji are written (Unicode TR 51), and private use.
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe00-\ufe0f\u200d\u20e3"
    "\U0001f000-\U0001faff\U000e0000-\U000e007f\ue000-\uf8ff]"
)


def normalise(text: str) -> str:
    """HTML, entities, emoji, control characters and full-width forms gone (Unicode NFKC), white space single."""
    text = _SCRIPT.sub(" ", text)
    text = _TAG.sub(" ", _BLOCK.sub("; ", text))
    # Entities are undone after the tags, so that an escaped "&lt;b&gt;" stays text until the second pass.
    text = _TAG.sub(" ", html.unescape(text))
    text = unicodedata.normalize("NFKC", text)
    text = _EMOJI.sub(" ", text)
    text = "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else " " for c in text)
    text = _SPACE.sub(" ", text)
    return re.sub(r"(\s*;\s*)+", "; ", text).strip(" ;")


def language(text: str) -> Language:
    """The language a description is written in: ``zh`` when at least 3 in 10 of its letters are Han."""
    letters = len(_LETTER.findall(text))
    if not letters:
        return "other"
    if len(_HAN.findall(text)) >= 0.3 * letters:
        return "zh"
    ascii_letters = sum(c.isascii() and c.isalpha() for c in text)
    return "en" if ascii_letters >= 0.7 * letters else "other"
