"""Families of generative models. Each is a folder with the same five files:

``config`` (pydantic), ``sampler`` (numpy), and ``network``, ``objective``, ``export`` (torch). To add one, write the
folder, its recipe in ``assets/recipes`` and its line in ``FAMILIES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from pydantic import ValidationError

from packshot.errors import PackshotError
from packshot.families.common.family import FamilyConfig, Run, Sampler

FAMILIES = ("flow", "gan", "vae")


def _part(family: str, part: str) -> Any:
    if family not in FAMILIES:
        raise PackshotError(f"unknown family {family!r}", hint=f"Known: {', '.join(FAMILIES)}.", usage=True)
    return import_module(f"packshot.families.{family}.{part}")


def config_class(family: str) -> type[FamilyConfig]:
    """The configuration of a family.

    Raises:
        PackshotError: there is no such family.
    """
    result: type[FamilyConfig] = _part(family, "config").Config
    return result


def saved_config(family: str, architecture: Mapping[str, Any]) -> FamilyConfig:
    """The configuration that a model folder holds.

    Raises:
        PackshotError: there is no such family, or it had other settings when the model was made.
    """
    try:
        return config_class(family).model_validate(architecture)
    except ValidationError as error:
        what = error.errors()[0]["msg"].removeprefix("Value error, ")
        hint = "Draw with the version that made it, or train it again."
        raise PackshotError(f"a {family} model of another version of packshot: {what}", hint=hint) from None


def make_sampler(family: str, config: FamilyConfig, run: Run) -> Sampler:
    """The sampler of a family around something that runs its graphs. Needs no torch."""
    result: Sampler = _part(family, "sampler").Sampler(config, run)
    return result


def sampler_defaults(family: str) -> Mapping[str, Any]:
    """The options a family samples with unless others are given."""
    result: Mapping[str, Any] = _part(family, "sampler").Sampler.defaults
    return result


def training_parts(family: str) -> Any:
    """``Network``, ``Objective`` and ``export`` of a family, whose modules import torch, as one namespace."""
    return SimpleNamespace(
        Network=_part(family, "network").Network,
        Objective=_part(family, "objective").Objective,
        export=_part(family, "export").export,
    )
