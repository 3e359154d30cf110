"""Pictures from the prior given the text, or around an existing picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from packshot.families.common.family import FamilyConfig, Floats, Run, SamplingOptions, noise
from packshot.families.vae.config import Config


class Sampler:
    """Draws u from p(u | condition), the latent map from u, and the picture from that.

    A picture to vary keeps what u does not tell: it is moved by the difference that u makes.
    """

    can_vary: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Any]] = {"temperature": 1.0}

    def __init__(self, config: FamilyConfig, run: Run) -> None:
        assert isinstance(config, Config)
        self.config, self.run = config, run

    def sample(self, condition: Floats, seeds: Sequence[int], options: SamplingOptions) -> Floats:
        eps = noise(seeds, (self.config.latent,)) * np.float32(options.temperature * self.config.truncation)
        mean, deviation = self.run("prior", {"condition": condition})
        eps = eps * deviation
        if options.like is None:
            return self._decode(self._draw(mean + eps, condition))
        like = np.repeat(options.like[None], len(seeds), axis=0)
        z = self.run("encoder", {"pixels": like})[0]
        here = self.run("recognise", {"latent": z, "condition": condition})[0]
        there = here + eps * np.float32(options.strength)
        return self._decode(z + self._draw(there, condition) - self._draw(here, condition))

    def _draw(self, vector: Floats, condition: Floats) -> Floats:
        return self.run("draw", {"vector": vector, "condition": condition})[0]

    def _decode(self, latent: Floats) -> Floats:
        return self.run("decoder", {"latent": latent})[0]
