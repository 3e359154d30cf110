"""Which pictures a model is judged by."""

from __future__ import annotations

from packshot.evaluation.reference import Reference


def held_out_wishes(reference: Reference, count: int) -> list[tuple[str, int]]:
    """``count`` (description, seed): the held-out descriptions in turn, English and Chinese alternately, each with
    a seed of its own.
    """
    descriptions = reference.descriptions("test")
    return [(descriptions[i % len(descriptions)][i % 2], i) for i in range(count)]
