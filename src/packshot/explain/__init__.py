"""Why a picture came out as it did: the words that moved it, its nearest training products, what the noise steers."""

from __future__ import annotations

from packshot.explain.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
