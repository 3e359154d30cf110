"""Pictures from the prior given the text, or around an existing picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from packshot.families.common.family import FamilyConfig, Floats, Run, SamplingOptions, noise
from packshot.families.vae.config import Config


class Sampler:
    """Draws z from p(z | condition), or from p's spread around the posterior mean of a picture, and decodes it."""

    can_vary: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Any]] = {"temperature": 1.0}

    def __init__(self, config: FamilyConfig, run: Run) -> None:
        assert isinstance(config, Config)
        self.config, self.run = config, run

    def sample(self, condition: Floats, seeds: Sequence[int], options: SamplingOptions) -> Floats:
        eps = noise(seeds, (self.config.latent,)) * np.float32(options.temperature)
        if options.like is not None:
            like = np.repeat(options.like[None], len(seeds), axis=0)
            mean, deviation = self.run("encoder", {"pixels": like, "condition": condition})
            eps = eps * np.float32(options.strength)
            return self.run("decoder", {"latent": mean + deviation * eps, "condition": condition})[0]
        mean, deviation = self.run("prior", {"condition": condition})
        return self.run("decoder", {"latent": mean + deviation * eps, "condition": condition})[0]
