"""Pictures from noise and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from packshot.families.common.family import FamilyConfig, Floats, Run, SamplingOptions, noise
from packshot.families.gan.config import Config


class Sampler:
    """One run of the generator a picture."""

    can_vary: ClassVar[bool] = False
    defaults: ClassVar[Mapping[str, Any]] = {"temperature": 1.0}

    def __init__(self, config: FamilyConfig, run: Run) -> None:
        assert isinstance(config, Config)
        self.config, self.run = config, run

    def sample(self, condition: Floats, seeds: Sequence[int], options: SamplingOptions) -> Floats:
        latent = noise(seeds, (self.config.latent,)) * np.float32(options.temperature * self.config.truncation)
        return self.run("generator", {"latent": latent, "condition": condition})[0]
