"""Running one function over many items: on this machine's cores, or wherever an engine takes it."""

from __future__ import annotations

from typing import Literal

from packshot.engines.base import Engine
from packshot.engines.local import LocalEngine
from packshot.errors import PackshotError

ENGINES = ("local", "ray")

__all__ = ["ENGINES", "Engine", "LocalEngine", "open_engine"]


def open_engine(name: str, workers: int | None = None, kind: Literal["processes", "threads"] = "processes") -> Engine:
    """The engine called ``name``.

    Args:
        workers: how many items are worked on at once; None takes what the engine finds sensible.
        kind: what the local engine uses for it.

    Raises:
        PackshotError: there is no engine of that name, or what it needs is not installed.
    """
    if name == "local":
        return LocalEngine(workers, kind)
    if name == "ray":
        from packshot.engines.ray import RayEngine

        return RayEngine(workers)
    raise PackshotError(f"unknown engine {name!r}", hint=f"Engines are {', '.join(ENGINES)}.", usage=True)
