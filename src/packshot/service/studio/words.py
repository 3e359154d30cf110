"""Everything the studio says, in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packshot.errors import PackshotError
from packshot.service.failures import ApiError

Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Words:
    """The studio's words in one language; ``{}`` is filled in."""

    language: Language
    html: str
    title: str
    tagline: str
    other: str
    other_label: str
    theme: str
    api: str
    sign_out: str
    skip: str
    # Draw.
    draw_tab: str
    describe: str
    describe_hint: str
    examples: str
    example_texts: tuple[str, ...]
    market: str
    no_market: str
    count: str
    style: str
    styles: tuple[str, str, str]
    more: str
    seed: str
    seed_hint: str
    model: str
    draw: str
    empty_title: str
    empty: str
    drawing: str
    drawn: str
    seed_of: str
    copy: str
    copied: str
    variations: str
    like: str
    download: str
    variations_of: str
    like_of: str
    # Tables.
    table_tab: str
    table_intro: str
    table_file: str
    per_product: str
    only_missing: str
    submit: str
    no_file: str
    jobs: str
    no_jobs: str
    cancel: str
    resume: str
    states: dict[str, str]
    progress: str
    left: str
    summary: str
    redo: str
    redo_chosen: str
    zip: str
    review: str
    review_hint: str
    page: str
    earlier: str
    later: str
    not_made: str
    not_trained: str
    kind_unsaid: str
    refused_term: str
    cut_off: str
    # Photos.
    photo_tab: str
    photo_intro: str
    photo_file: str
    enhance: str
    shadow: str
    ai: str
    finish: str
    before: str
    after: str
    rules: str
    passed: str
    failed: str
    marks: dict[str, str]
    # What the rules measure; empty where the rules themselves are in this language.
    measures: dict[str, str]
    # Explain.
    explain_tab: str
    explain_intro: str
    explain: str
    picture: str
    word_maps: str
    word_maps_hint: str
    nearest: str
    nearest_hint: str
    directions: str
    directions_hint: str
    of_change: str
    # Models.
    model_tab: str
    family: str
    resolution: str
    license: str
    kinds: str
    colors: str
    samples: str
    ai_notice: str
    # What goes wrong, by the API's codes.
    unknown_kind: str
    unknown_color: str
    no_kind: str
    one_word: str
    errors: dict[str, str]
    # And by what packshot says of it, as a pattern; empty where that is in this language.
    troubles: dict[str, str]

    def error(self, error: ApiError | PackshotError) -> str:
        """What went wrong, in this language as far as it has words for it."""
        if isinstance(error, ApiError):
            return self.errors.get(error.code, error.message)
        return self.said(error.what)

    def said(self, trouble: str) -> str:
        """What packshot says of trouble in English, in this language if it is among what is met most."""
        for pattern, told in self.troubles.items():
            if found := re.fullmatch(pattern, trouble.rstrip(".")):
                return told.format(*found.groups())
        return trouble
