"""The models that a service offers."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from functools import cached_property

from packshot.artifact import ModelFolder
from packshot.batch.choosing import open_probes
from packshot.evaluation.probes import Probes
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.service.drawing import Painter
from packshot.service.failures import ApiError
from packshot.service.metrics import Metrics
from packshot.service.settings import Settings


@dataclass(frozen=True)
class Offer:
    """One model under its name.

    Attributes:
        painter: draws with it for many requests at once.
    """

    name: str
    folder: ModelFolder
    painter: Painter

    @property
    def generator(self) -> Generator:
        """Draws with it alone."""
        return self.painter.generator

    @cached_property
    def probes(self) -> Probes | None:
        """What tells good pictures from bad ones, if the model brings it."""
        return open_probes(self.folder)


class Models:
    """All models of a service, opened when it starts so that a damaged one is found then.

    Raises:
        PackshotError: a model folder cannot be used.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.offers = {
            name: Offer(name, folder := open_model(path), Painter(Generator(folder), settings.waiting, metrics))
            for name, path in settings.models.items()
        }
        self._warmed = threading.Event()

    @property
    def first(self) -> Offer:
        """The model that answers where none is named."""
        return next(iter(self.offers.values()))

    def named(self, name: str | None) -> Offer:
        """The model of that name.

        Raises:
            ApiError: 404, there is none.
        """
        if name is None:
            return self.first
        if name not in self.offers:
            known = ", ".join(self.offers)
            raise ApiError(404, f"The model {name!r} does not exist. Models: {known}.", "model_not_found", "model")
        return self.offers[name]

    def warm(self) -> None:
        """Draw a picture with each model, so that graphs and encoder are loaded before anybody waits."""
        for offer in self.offers.values():
            # A painter that has its hands full needs no warming.
            with contextlib.suppress(ApiError):
                offer.painter.submit([("red dress", 0)]).result()
        self._warmed.set()

    @property
    def ready(self) -> bool:
        """Whether requests are answered at full speed."""
        return self._warmed.is_set()

    def close(self) -> None:
        """Finish what is being drawn."""
        for offer in self.offers.values():
            offer.painter.close()
