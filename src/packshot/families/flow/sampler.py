"""Pictures from noise and text in a few steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from packshot.families.common.family import FamilyConfig, Floats, Run, SamplingOptions, noise
from packshot.families.flow.config import Config

# More steps than this are taken at the velocity itself, with explicit guidance; fewer as distillation taught them.
_MOST_TAUGHT = 8


class Sampler:
    """Walks from noise to latents along the velocity (Euler), and decodes them.

    A picture to vary is followed from part of the way: mixed with noise as it would be there (Meng et al. 2022,
    SDEdit).
    """

    can_vary: ClassVar[bool] = True
    defaults: ClassVar[Mapping[str, Any]] = {"temperature": 1.0, "steps": 4, "guidance": 2.5}

    def __init__(self, config: FamilyConfig, run: Run) -> None:
        assert isinstance(config, Config)
        self.config, self.run = config, run

    def sample(self, condition: Floats, seeds: Sequence[int], options: SamplingOptions) -> Floats:
        side = self.config.latent_side
        z = noise(seeds, (self.config.latent_channels, side, side)) * np.float32(options.temperature)
        steps, start = options.steps or self.defaults["steps"], 0
        guidance = self.defaults["guidance"] if options.guidance is None else options.guidance
        if options.like is not None:
            like = np.repeat(options.like[None], len(seeds), axis=0)
            start = round(steps * (1 - options.strength))
            way = np.float32(start / steps)
            z = (1 - way) * z + way * self.run("encoder", {"pixels": like})[0]
        for i in range(start, steps):
            z = z + self._velocity(z, i, steps, guidance, condition) / np.float32(steps)
        return self.run("decoder", {"latent": z})[0]

    def _velocity(self, z: Floats, step: int, steps: int, guidance: float, condition: Floats) -> Floats:
        time = step / steps
        if self.config.distill_share and steps <= _MOST_TAUGHT:
            return self._call(z, time, 1 / steps, guidance, condition)
        told = self._call(z, time, 0.0, 1.0, condition)
        if guidance == 1:
            return told
        untold = self._call(z, time, 0.0, 1.0, np.zeros_like(condition))
        return untold + np.float32(guidance) * (told - untold)

    def _call(self, z: Floats, time: float, stride: float, guidance: float, condition: Floats) -> Floats:
        numbers = {"time": time, "stride": stride, "guidance": guidance}
        inputs = {name: np.full(len(z), value, np.float32) for name, value in numbers.items()}
        return self.run("velocity", {"latent": z, **inputs, "condition": condition})[0]
