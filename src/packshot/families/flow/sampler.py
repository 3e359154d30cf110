"""Pictures from noise and text in a few steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from packshot.errors import PackshotError
from packshot.families.common.family import FamilyConfig, Floats, Run, SamplingOptions, noise
from packshot.families.flow.config import Config

# More steps than this are taken at the velocity itself, with explicit guidance; fewer as distillation taught them, and
# not fewer than the longest step that it teaches makes.
_MOST_TAUGHT, _FEWEST_TAUGHT = 8, 2


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
        lengths, time = self._lengths(options.steps or self.defaults["steps"]), 0.0
        guidance = self.defaults["guidance"] if options.guidance is None else options.guidance
        if guidance > self.config.guidance and self._taught(lengths[0]):
            raise PackshotError(
                f"guidance above {self.config.guidance:g} was not taught for few steps",
                hint=f"Give --steps {2 * _MOST_TAUGHT} or more.",
                usage=True,
            )
        if options.like is not None:
            like = np.repeat(options.like[None], len(seeds), axis=0)
            skipped = round(len(lengths) * (1 - options.strength))
            time, lengths = sum(lengths[:skipped]), lengths[skipped:]
            way = np.float32(time)
            z = (1 - way) * z + way * self.run("encoder", {"pixels": like})[0]
        for length in lengths:
            z = z + self._velocity(z, time, length, guidance, condition) * np.float32(length)
            time += length
        return self.run("decoder", {"latent": z})[0]

    def _lengths(self, steps: int) -> list[float]:
        """How far each step goes; where long ones were taught, only such: 3 steps are a half and two quarters."""
        if not self.config.distill_share or steps > _MOST_TAUGHT:
            return [1 / steps] * steps
        steps = max(steps, _FEWEST_TAUGHT)
        longest = 2 ** int(math.log2(steps))
        halved = steps - longest
        return [1 / longest] * (longest - halved) + [0.5 / longest] * (2 * halved)

    def _velocity(self, z: Floats, time: float, length: float, guidance: float, condition: Floats) -> Floats:
        if self._taught(length):
            return self._call(z, time, length, guidance, condition)
        told = self._call(z, time, 0.0, 1.0, condition)
        if guidance == 1:
            return told
        untold = self._call(z, time, 0.0, 1.0, np.zeros_like(condition))
        return untold + np.float32(guidance) * (told - untold)

    def _taught(self, length: float) -> bool:
        """Whether steps of this length were distilled, guidance and all."""
        return self.config.distill_share > 0 and length >= 1 / _MOST_TAUGHT

    def _call(self, z: Floats, time: float, stride: float, guidance: float, condition: Floats) -> Floats:
        numbers = {"time": time, "stride": stride, "guidance": guidance}
        inputs = {name: np.full(len(z), value, np.float32) for name, value in numbers.items()}
        return self.run("velocity", {"latent": z, **inputs, "condition": condition})[0]
