"""What training asks of a family's objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn


@dataclass(frozen=True)
class Batch:
    """What one step sees.

    Attributes:
        pixels: (n, 3, s, s) in [-1, 1].
        condition: (n, condition_dim).
        latents: what the objective's ``latents`` made of the pixels, if it has that.
        asked: (n,) equal where the same is asked for, in whichever words; None where that is not known.
        rehearsed: (n,) whether a picture is one that the model drew before it was adapted; None where none is.
        translated: (n, condition_dim), the condition in the other language; the same where there is but one.
        colored: (n,) whether a color is asked for; None where that is not known, and then all count.
    """

    pixels: Tensor
    condition: Tensor
    latents: Tensor | None = None
    asked: Tensor | None = None
    rehearsed: Tensor | None = None
    translated: Tensor | None = None
    colored: Tensor | None = None


@dataclass(frozen=True)
class Player:
    """Modules that one optimiser moves.

    Attributes:
        name: what it is called in logs and checkpoints.
        modules: whose parameters are moved.
        rate: factor on the learning rate.
        betas: of Adam.
    """

    name: str
    modules: Sequence[nn.Module]
    rate: float = 1.0
    betas: tuple[float, float] = (0.9, 0.99)


class Objective(Protocol):
    """Turns batches into losses. Each step, every player in turn is given its losses' gradient and moved."""

    #: In the order in which they move.
    players: Sequence[Player]
    #: What the moving average follows and the model folder keeps.
    averaged: nn.Module

    @property
    def latents(self) -> Callable[[Tensor], Tensor] | None:
        """What each step needs of pixels (n, 3, s, s) and stays the same throughout: computed once a picture.

        (n, ...) float32; None where there is nothing of the kind.
        """
        ...

    def begin(self, pixels: Tensor) -> None:
        """Called once before the first step, with some hundred training pictures (n, 3, s, s)."""
        ...

    def losses(self, player: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Named scalars; the player descends their sum, or stands still where there are none. Names starting with ``_``
        are only logged."""
        ...
