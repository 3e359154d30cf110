"""Pictures that are no near-copies of training pictures: a copy is drawn again from another seed, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from packshot.families.common.family import SamplingOptions
from packshot.features.index import NeighbourIndex
from packshot.features.lite0 import Lite0
from packshot.generation.generator import Generated, Generator

TRIES = 8
# Far enough from the seeds that people count through.
_NEXT = 1 << 40
_WAVE = 32


@dataclass(frozen=True)
class Guarded:
    """What became of one wish.

    Attributes:
        image: the picture, perhaps from another seed; None if every try was a near-copy.
        seed: the seed that was asked for.
        copied: product numbers of the training pictures that the refused tries came too close to.
    """

    image: Generated | None
    seed: int
    copied: tuple[str, ...]

    @property
    def told(self) -> str:
        """What happened, in words; only where something was refused."""
        source = ", ".join(dict.fromkeys(self.copied))
        begun = f"seed {self.seed} gives a near-copy of training picture {source}"
        if self.image is None:
            return f"{begun}, and so do {len(self.copied) - 1} further seeds: refused"
        return f"{begun}; seed {self.image.seed} is taken instead"


def unguarded(pictures: Iterable[Generated]) -> Iterator[Guarded]:
    """Pictures as they come, none of them checked."""
    return (Guarded(image, image.seed, ()) for image in pictures)


class CopyGuard:
    """A generator that gives no near-copies.

    Args:
        generator: draws.
        index: of the training pictures; the model folder's own by default.
        tries: seeds for each picture, the asked one included.

    Raises:
        PackshotError: the model folder has no neighbour index.
    """

    def __init__(self, generator: Generator, index: NeighbourIndex | None = None, tries: int = TRIES) -> None:
        self.generator, self.tries = generator, tries
        self.index = NeighbourIndex.load(generator.model.path) if index is None else index
        self._lite0 = Lite0(generator.threads)

    def pictures(self, wanted: Iterable[tuple[str, int]], options: SamplingOptions | None = None) -> Iterator[Guarded]:
        """Draw a picture for every (description, seed), in their order, that is no near-copy.

        The seeds of further tries follow from the asked one, so the same wish always gives the same picture.
        """
        queue = iter(wanted)
        while wave := list(islice(queue, _WAVE)):
            kept: dict[int, Generated] = {}
            copied: dict[int, list[str]] = {i: [] for i in range(len(wave))}
            for attempt in range(self.tries):
                open_ = [i for i in range(len(wave)) if i not in kept]
                if not open_:
                    break
                again = [(wave[i][0], (wave[i][1] + attempt * _NEXT) % (1 << 63)) for i in open_]
                drawn = list(self.generator.pictures(again, options))
                closeness, skus = self.index.nearest([image.pixels for image in drawn], self._lite0)
                for i, image, share, sku in zip(open_, drawn, closeness, skus, strict=True):
                    if share < 1:
                        copied[i].append(str(sku))
                    else:
                        kept[i] = image
            yield from (Guarded(kept.get(i), wave[i][1], tuple(copied[i])) for i in range(len(wave)))
