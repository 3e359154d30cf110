"""Recipes: every setting of a training, from the shipped TOML, the user's own, and ``--set``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.assets import asset
from packshot.errors import PackshotError
from packshot.families import config_class
from packshot.families.common.family import FamilyConfig, Stage


class TrainingConfig(BaseModel):
    """How a model is trained, whatever its family.

    Attributes:
        batch: pictures a step.
        steps: length of the training; None until a budget has been turned into steps.
        learning_rate: of Adam, at its highest.
        warmup: steps over which the learning rate rises.
        decay: share of the steps, at the end, over which it falls to zero along a cosine.
        weight_decay: of AdamW.
        clip: largest norm of a player's gradient.
        ema: decay of the moving average of the weights, per step.
        mirror: whether pictures are mirrored at random; not for products with writing on them.
        fit: how a picture becomes a square: its centre (``crop``), or all of it on white (``pad``).
        balance: how far rare kinds are shown more often than they occur, from 0, as they are, to 1, all alike.
        group: pictures of one kind and color that stand side by side in a batch, so that a discriminator sees how far
            apart they are; a discriminator looks at four.
        modes: pictures, about, that one mode of the catalog has: the model is told of them beside descriptions, see
            ``packshot.generation.modes``; 0 for no modes.
        without: flags of catalog rows to leave out; by default those whose product could not be cut out.
        drop_text: share of examples whose sentence vector is zeroed.
        drop_attributes: share of attribute inputs that are zeroed, so that a description need not name them all.
        looks: how often in a stage held-out descriptions are drawn and judged; 0 for never.
        patience: looks without improvement after which the learning rate falls early; 0 for never.
        seed: of everything random.
        encoder: the text encoder.
        start: a model, such as ``default`` or a folder, whose weights are begun with wherever they fit; its resolution
            and its attribute inputs may be others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(default=32, ge=1)
    steps: int | None = Field(default=None, ge=1)
    learning_rate: float = Field(default=3e-4, gt=0)
    warmup: int = Field(default=100, ge=0)
    decay: float = Field(default=0.3, ge=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float = Field(default=10.0, gt=0)
    ema: float = Field(default=0.998, ge=0, lt=1)
    mirror: bool = True
    fit: Literal["crop", "pad"] = "pad"
    balance: float = Field(default=0.0, ge=0, le=1)
    group: int = Field(default=1, ge=1)
    modes: int = Field(default=0, ge=0)
    without: tuple[str, ...] = ("background",)
    drop_text: float = Field(default=0.1, ge=0, le=1)
    drop_attributes: float = Field(default=0.1, ge=0, le=1)
    looks: int = Field(default=8, ge=0)
    patience: int = Field(default=4, ge=0)
    seed: int = Field(default=0, ge=0)
    encoder: str = "use-multilingual-v3"
    start: str = ""


class Recipe(BaseModel):
    """A family, its configuration and how it is trained.

    Attributes:
        family: which one.
        model: settings of its ``Config``.
        training: for all stages.
        stages: what a stage does otherwise, such as ``{"flow": {"batch": 128}}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    model: dict[str, Any]
    training: TrainingConfig
    stages: dict[str, dict[str, Any]] = {}

    def model_config_for(self, condition_dim: int) -> FamilyConfig:
        """The family's configuration, completed by what the catalog decides."""
        try:
            return config_class(self.family).model_validate({**self.model, "condition_dim": condition_dim})
        except ValidationError as error:
            raise _setting_error(error, "model.") from None

    def steps(self, stages: Sequence[Stage]) -> dict[str, int] | None:
        """The steps of each stage, where the recipe says how many there are in all."""
        total = self.training.steps
        return None if total is None else {stage.name: max(1, round(total * stage.share)) for stage in stages}

    def training_of(self, stage: str) -> TrainingConfig:
        """The settings of a stage."""
        try:
            return TrainingConfig.model_validate({**self.training.model_dump(), **self.stages.get(stage, {})})
        except ValidationError as error:
            raise _setting_error(error, f"stages.{stage}.") from None


def load_recipe(name: str, settings: Sequence[str] = (), **training: Any) -> Recipe:
    """A recipe by name or path, changed by ``key=value`` settings and keyword arguments of its training.

    Args:
        name: a shipped recipe (``flow``, ``gan``, ``vae``) or the path of a TOML file.
        settings: such as ``model.channels=48`` or ``training.batch=16``; values are TOML, bare words are strings.
        training: overrides of ``TrainingConfig``; None is ignored.

    Raises:
        PackshotError: no such recipe, an unknown setting or a value out of range.
    """
    path = Path(name) if name.endswith(".toml") else asset("recipes") / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in asset("recipes").glob("*.toml")))
        raise PackshotError(f"no such recipe {name!r}", hint=f"Shipped: {known}.", usage=True) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackshotError(f"recipe cannot be read: {error}", path) from None
    return _completed(content, settings, training)


def changed(recipe: Recipe, settings: Sequence[str] = (), **training: Any) -> Recipe:
    """A recipe with other settings, given as to :func:`load_recipe`.

    Raises:
        PackshotError: an unknown setting or a value out of range.
    """
    return _completed(recipe.model_dump(), settings, training)


def _completed(content: dict[str, Any], settings: Sequence[str], training: Mapping[str, Any]) -> Recipe:
    for setting in settings:
        _apply(content, setting)
    content.setdefault("training", {}).update({k: v for k, v in training.items() if v is not None})
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise _setting_error(error) from None
    for stage in recipe.model_config_for(1).stages:
        recipe.training_of(stage.name)
    return recipe


def _apply(content: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    section, dot, field = key.strip().rpartition(".")
    where = section.split(".")
    if not equals or not dot or not (section in ("model", "training") or (where[0] == "stages" and len(where) == 2)):
        hint = "Sections are model, training and stages.NAME."
        raise PackshotError("a setting is section.key=value", setting, hint, usage=True)
    try:
        parsed = tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    inner: dict[str, Any] = content
    for name in where:
        inner = inner.setdefault(name, {})
    inner[field] = parsed


def _setting_error(error: ValidationError, prefix: str = "") -> PackshotError:
    first = error.errors()[0]
    field = prefix + ".".join(str(part) for part in first["loc"])
    return PackshotError(f"setting {field}: {first['msg']}", hint="See docs/training.md.", usage=True)
