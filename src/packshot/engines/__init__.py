"""Running one function over many items: on this machine's cores, or wherever an engine takes it."""

from __future__ import annotations

from packshot.engines.base import Engine
from packshot.engines.local import LocalEngine
from packshot.errors import PackshotError

ENGINES = ("local",)

__all__ = ["ENGINES", "Engine", "LocalEngine", "open_engine"]


def open_engine(name: str, workers: int | None = None) -> Engine:
    """The engine called ``name``.

    Args:
        workers: how many items are worked on at once; None takes what the engine finds sensible.

    Raises:
        PackshotError: there is no engine of that name.
    """
    if name == "local":
        return LocalEngine(workers)
    raise PackshotError(f"unknown engine {name!r}", hint=f"Engines are {', '.join(ENGINES)}.", usage=True)
