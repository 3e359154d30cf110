"""The descriptions by which a model's obedience is measured: a file of them, or composed from what the model knows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.artifact import ModelConfig
from packshot.errors import PackshotError
from packshot.text.attributes import Attributes, Vocabulary, load_vocabulary
from packshot.text.compose import compose, naming

_KINDS, _COLORS = 12, 4


@dataclass(frozen=True)
class Prompt:
    """A description and what its picture must show.

    Attributes:
        text: the description.
        language: ``zh`` or ``en``.
        asked: its kind of product and color.
    """

    text: str
    language: str
    asked: Attributes


def prompts_for(config: ModelConfig, path: Path | None) -> list[Prompt]:
    """The descriptions of a file or, where there is none, of what a model knows; its own kinds of product are known
    in both.
    """
    vocabulary = load_vocabulary().with_kinds(config.categories)
    return read_prompts(path, vocabulary) if path else default_prompts(config, vocabulary)


def read_prompts(path: Path, vocabulary: Vocabulary | None = None) -> list[Prompt]:
    """Read a CSV file with a column ``text`` and, where they are known, ``language``, ``category`` and ``color``.

    What the columns leave out is parsed from the text; a category or color is any name that the vocabulary knows.

    Raises:
        PackshotError: the file is missing, is no such table or names a category or color that is not known.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise PackshotError("no such file", path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PackshotError(f"descriptions cannot be read: {error}", path) from None
    rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(lines)]
    prompts, vocabulary = [], vocabulary or load_vocabulary()
    for number, row in enumerate(rows, 2):
        if not row.get("text"):
            raise PackshotError("a description is missing", f"{path}, line {number}", "Its column is called text.")
        asked = dict(vocabulary.parse(row["text"]))
        for facet in ("category", "color"):
            if row.get(facet):
                term = vocabulary.lookup(facet, row[facet])
                if term is None:
                    raise PackshotError(f"unknown {facet} {row[facet]!r}", f"{path}, line {number}")
                asked[facet] = (term,)
        prompts.append(Prompt(row["text"], row.get("language") or _language(row["text"]), asked))
    if not prompts:
        raise PackshotError("no descriptions in this file", path, "It needs a column called text.")
    return prompts


def default_prompts(config: ModelConfig, vocabulary: Vocabulary) -> list[Prompt]:
    """The twelve most frequent kinds of product, each in four colors, each in Chinese and in English.

    Colors go round, so that each is asked for about equally often.
    """
    colors: Sequence[str] = config.colors or ("",)
    prompts, turn = [], 0
    for category in config.categories[:_KINDS]:
        for _ in range(min(_COLORS, len(colors))):
            color, turn = colors[turn % len(colors)], turn + 1
            asked = naming(category, color)
            zh, en = compose(asked, vocabulary)
            prompts += [Prompt(text, language, asked) for text, language in ((zh, "zh"), (en, "en")) if text]
    return prompts


def _language(text: str) -> str:
    return "zh" if any("一" <= c <= "鿿" for c in text) else "en"
