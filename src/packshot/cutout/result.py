"""What a cut-out is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["alpha", "white", "network", "grabcut"]


@dataclass(frozen=True)
class CutOut:
    """A product's mask and how far it can be trusted.

    Attributes:
        mask: (h, w) float32 in 0..1, the opacity of the product; between 0 and 1 only near its edge.
        method: ``alpha`` (the picture's own transparency), ``white`` (a plain background), ``network`` (the
            shipped graph, finished along the picture's edges) or ``grabcut`` (colour models alone).
        quality: 0..1, the gate's estimate that a buyer would call the cut-out good.
        reason: why it fails the gate, in plain words; None when it passes.
    """

    mask: NDArray[np.float32]
    method: Method
    quality: float
    reason: str | None

    @property
    def good(self) -> bool:
        """True if it passes the gate."""
        return self.reason is None
