"""Which pictures a model is judged by."""

from __future__ import annotations

from packshot.evaluation.reference import Reference


def held_out_wishes(reference: Reference, count: int) -> list[tuple[str, int]]:
    """``count`` (description, seed): the held-out descriptions in turn, in the language that ``spoken`` says, each with
    a seed of its own.
    """
    descriptions = reference.descriptions("test")
    return [(descriptions[i % len(descriptions)][spoken(i, len(descriptions))], i) for i in range(count)]


def spoken(i: int, descriptions: int) -> int:
    """The language of a wish: English (0) and Chinese (1) alternately, and a description's other one the next time."""
    return (i % descriptions + i // descriptions) % 2
