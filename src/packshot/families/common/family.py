"""What every family offers. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float32]
Run = Callable[[str, Mapping[str, Floats]], list[Floats]]
"""Runs the graph of that name on named inputs: the runtime's graphs when generating, torch modules in training."""


@dataclass(frozen=True)
class SamplingOptions:
    """What a person may ask of a sampler; a family ignores what it has no use for.

    Attributes:
        temperature: scale of the noise; below 1 is safer and less varied.
        like: (3, s, s) float32 in [-1, 1], a picture to vary, or None.
        strength: how far from ``like`` the variations go, 0..1.
        steps: calls of the network that a picture is made in, 1 or more; None for the model's own.
        guidance: how much the description is stressed; 1 is as it was learned, None the model's own.
    """

    temperature: float = 1.0
    steps: int | None = None
    guidance: float | None = None
    like: Floats | None = None
    strength: float = 0.5


@dataclass(frozen=True)
class Stage:
    """A part of a family's training.

    Attributes:
        name: what it is called in logs, checkpoints and recipes.
        share: of the whole budget, 0..1; the shares of a family add up to 1.
        draws: whether pictures can be drawn from descriptions while it is trained.
        options: how they are drawn then.
    """

    name: str
    share: float
    draws: bool = True
    options: SamplingOptions = field(default_factory=SamplingOptions)


class FamilyConfig(BaseModel):
    """What all families are configured by; each adds its own.

    Attributes:
        resolution: side of the square pictures in pixels.
        condition_dim: length of a condition vector.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resolution: Literal[32, 64, 128] = 64
    condition_dim: int = Field(default=512, ge=1)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """In the order in which they are trained."""
        return (Stage("main", 1.0),)

    def remedy(self) -> dict[str, Any]:
        """Settings to go on with after a mode collapse, beside half the learning rate."""
        return {}


class Sampler(Protocol):
    """Condition vectors and seeds to pictures."""

    #: Whether ``SamplingOptions.like`` is understood.
    can_vary: ClassVar[bool]
    #: The options that are used unless others are given, for ``config.json``.
    defaults: ClassVar[Mapping[str, Any]]

    def sample(self, condition: Floats, seeds: Sequence[int], options: SamplingOptions) -> Floats:
        """(n, 3, s, s) float32, about [-1, 1].

        Args:
            condition: (n, condition_dim).
            seeds: n of them, each of which alone decides its picture's noise.
        """
        ...


def noise(seeds: Sequence[int], shape: Sequence[int]) -> Floats:
    """Standard normal noise, (n, *shape), row i from seed i by numpy's counter-based Philox generator."""
    rows = [np.random.Generator(np.random.Philox(key=s)).standard_normal(tuple(shape), np.float32) for s in seeds]
    return np.stack(rows)


def to_uint8(pixels: Floats) -> NDArray[np.uint8]:
    """(n, 3, h, w) in [-1, 1] to (n, h, w, 3) in 0..255."""
    scaled = np.clip(pixels * 127.5 + 127.5, 0, 255)
    return np.ascontiguousarray(np.rint(scaled).astype(np.uint8).transpose(0, 2, 3, 1))


def from_uint8(pixels: NDArray[np.uint8]) -> Floats:
    """(n, h, w, 3) in 0..255 to (n, 3, h, w) in [-1, 1]."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
