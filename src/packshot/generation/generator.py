"""Draws pictures with a model folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from packshot import __version__
from packshot.artifact import ModelFolder
from packshot.errors import PackshotError
from packshot.families import make_sampler, saved_config
from packshot.families.common.family import Floats, SamplingOptions, from_uint8, to_uint8
from packshot.finishing.label import GenerationRecord
from packshot.generation.modes import modes_of
from packshot.images.resize import to_square
from packshot.runtime import Graph
from packshot.text.attributes import load_vocabulary
from packshot.text.condition import Conditioner
from packshot.text.encoder import encoder_named
from packshot.text.normalise import normalise

# The encoder is not safe to call from several threads, and what it limits are the threads of the whole process.
_ENCODING = Lock()


@dataclass(frozen=True)
class Generated:
    """One picture.

    Attributes:
        text: the description, normalised.
        seed: that its noise came from.
        pixels: (s, s, 3) uint8, sRGB.
        record: what goes into the file about where it comes from.
    """

    text: str
    seed: int
    pixels: NDArray[np.uint8]
    record: GenerationRecord


class Generator:
    """A model folder, ready to draw.

    Every picture is drawn alone, on one thread: it is the same whatever else is asked for. Several are drawn at once.

    Args:
        model: the folder.
        threads: pictures drawn at once; None takes every core.

    Attributes:
        modes: of the catalog that the model was made from, or None.
        condition: what a description, normalised, says (1, c); kept for a while.
    """

    def __init__(self, model: ModelFolder, threads: int | None = None) -> None:
        self.model = model
        self.threads = threads or len(os.sched_getaffinity(0))
        text = model.config.text
        self.vocabulary = load_vocabulary().with_kinds(model.config.categories)
        self.conditioner = Conditioner(encoder_named(text.encoder, text.version), text.terms, self.vocabulary)
        config = saved_config(model.config.family, model.config.architecture)
        self.modes = modes_of(model)
        self._graphs: dict[str, Graph] = {}
        self._sampler = make_sampler(model.config.family, config, self.run)
        # Descriptions repeat: n seeds of each, or one description for a whole category.
        self.condition = lru_cache(4096)(self._encode)

    @property
    def can_vary(self) -> bool:
        """Whether ``SamplingOptions.like`` is understood."""
        return self._sampler.can_vary

    def run(self, name: str, inputs: Mapping[str, Floats]) -> list[Floats]:
        """Run one of the model's graphs."""
        if name not in self._graphs:
            self._graphs[name] = Graph(self.model.graph(name))
        return self._graphs[name](**inputs)

    def _encode(self, text: str) -> Floats:
        with _ENCODING:
            return self.conditioner.encode([text])

    def mode(self, text: str, seed: int) -> NDArray[np.int64] | None:
        """The mode (1,) that a seed draws for a description, normalised; None where the model knows no modes."""
        return None if self.modes is None else self.modes.drawn(self.condition(text), [seed])

    def told(self, text: str, seed: int, mode: NDArray[np.int64] | None = None) -> Floats:
        """(1, condition_dim) what the network is told: the description, normalised, and a mode (1,), by default the one
        that the seed draws.
        """
        condition = self.condition(text)
        if self.modes is None:
            return condition
        return self.modes.told(condition, self.modes.drawn(condition, [seed]) if mode is None else mode)

    def picture(self, text: str, seed: int, options: SamplingOptions | None = None) -> Generated:
        """Draw one picture.

        Args:
            text: a description in Chinese or English.
            seed: 0 or more.

        Raises:
            PackshotError: the description is empty, or ``like`` is asked of a family that cannot vary pictures.
        """
        return next(iter(self.pictures([(text, seed)], options)))

    def pictures(
        self,
        wanted: Iterable[tuple[str, int]],
        options: SamplingOptions | None = None,
        mode: NDArray[np.int64] | None = None,
    ) -> Iterator[Generated]:
        """Draw a picture for every (description, seed), in their order; they are taken as they are needed.

        Args:
            mode: (1,) of all; None for that of the picture that is varied, or for what each seed draws.
        """
        options = self._settled(options or SamplingOptions())
        if options.like is not None and not self._sampler.can_vary:
            raise PackshotError(
                f"a {self.model.config.family} model cannot vary a picture",
                hint="Use a flow or a vae model.",
                usage=True,
            )
        for name in ("steps", "guidance"):
            if getattr(options, name) is not None and name not in self.model.config.sampler:
                family = self.model.config.family
                raise PackshotError(f"a {family} model knows no {name}", hint="Use a flow model.", usage=True)
        if mode is None and self.modes is not None and options.like is not None:
            mode = self.modes.nearest(self.modes.appearance.embed(to_uint8(options.like[None])))
        queue = iter(wanted)
        with ThreadPoolExecutor(self.threads) as pool:
            while wave := list(islice(queue, 8 * self.threads)):
                jobs = [(text := _checked(raw), seed, self.told(text, seed, mode)) for raw, seed in wave]
                yield from pool.map(partial(self._draw, options=options), jobs)

    def _draw(self, job: tuple[str, int, Floats], options: SamplingOptions) -> Generated:
        text, seed, condition = job
        pixels = to_uint8(self._sampler.sample(condition, [seed], options))[0]
        return Generated(text, seed, pixels, self._record(text, seed, options))

    def _settled(self, options: SamplingOptions) -> SamplingOptions:
        """The options with the model's own steps and guidance where none are asked for."""
        own = self.model.config.sampler
        return replace(
            options,
            steps=own.get("steps") if options.steps is None else options.steps,
            guidance=own.get("guidance") if options.guidance is None else options.guidance,
        )

    def _record(self, text: str, seed: int, options: SamplingOptions) -> GenerationRecord:
        config = self.model.config
        return GenerationRecord(
            text=text,
            seed=seed,
            model=config.name,
            identity=self.model.identity,
            family=config.family,
            width=config.resolution,
            height=config.resolution,
            steps=options.steps if "steps" in config.sampler else None,
            guidance=options.guidance if "guidance" in config.sampler else None,
            temperature=options.temperature,
            strength=None if options.like is None else options.strength,
            packshot_version=__version__,
        )

    def like(self, rgb: NDArray[np.uint8]) -> Floats:
        """A picture (h, w, 3) uint8 as ``SamplingOptions.like`` wants it, prepared as the training pictures were."""
        config = self.model.config
        square = to_square(rgb, config.resolution, config.fit)
        return from_uint8(square[None])[0]


def _checked(text: str) -> str:
    clean = normalise(text)
    if not clean:
        raise PackshotError("empty description", hint='Describe a product, such as "red dress".', usage=True)
    return clean
