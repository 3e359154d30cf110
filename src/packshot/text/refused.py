"""Terms that a shop or a host does not want drawn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from packshot.errors import PackshotError

# Chinese stands without spaces: 红色acme连衣裙 holds the word.
_LETTER = r"[^\W\u3400-\u9fff]"


class RefusedTerms:
    """A list of terms, looked for without regard to case, width (Unicode NFKC) or white space between Han characters.

    A term in Latin letters is found as a word of its own, also between Han characters, one with Han characters
    anywhere.
    """

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self.terms = tuple(dict.fromkeys(filter(None, (_plain(term) for term in terms))))
        parts = [rf"(?<!{_LETTER}){re.escape(t)}(?!{_LETTER})" if t.isascii() else re.escape(t) for t in self.terms]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def find(self, text: str) -> str | None:
        """The first refused term in a text, or None."""
        found = self._pattern.search(_plain(text)) if self._pattern else None
        return found.group() if found else None


def read_refused_terms(path: Path) -> RefusedTerms:
    """The terms of a UTF-8 file, one a line; lines that begin with ``#`` are comments.

    Raises:
        PackshotError: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise PackshotError(f"cannot read: {error.strerror or error}", path) from None
    except UnicodeDecodeError:
        raise PackshotError("not a UTF-8 text file", path) from None
    return RefusedTerms(line for line in lines if not line.lstrip().startswith("#"))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    # Zero-width and control characters are invisible, and so no way around a term.
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c.isspace())
    text = " ".join(text.split())
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", text)
