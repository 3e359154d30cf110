"""What a training will do, decided once and kept beside its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packshot.artifact import write_json
from packshot.errors import PackshotError
from packshot.training.recipe import Recipe


@dataclass(frozen=True)
class Plan:
    """What a training will do.

    Attributes:
        recipe: every setting.
        catalog: fingerprint of the catalog.
        steps: of each stage, in their order.
        origin: path of the model that is adapted; empty where training starts anew.
        changes: what was changed after each mode collapse.
    """

    recipe: Recipe
    catalog: str
    steps: Mapping[str, int]
    origin: str = ""
    changes: tuple[dict[str, Any], ...] = ()

    @property
    def remedies(self) -> dict[str, Any]:
        """Settings of the family that were changed."""
        return {key: value for change in self.changes for key, value in change["model"].items()}


def going_on(plan: Plan, recipe: Recipe, where: Path) -> Plan:
    """A plan that goes on with the learning rates of ``recipe``, which is to differ in nothing else.

    Raises:
        PackshotError: it differs in more: half a training by one recipe and half by another would be neither.
    """
    own, asked = (dict(_flat(r.model_dump(mode="json"))) for r in (plan.recipe, recipe))
    for name in sorted(own.keys() | asked.keys()):
        if own.get(name) != asked.get(name) and not name.endswith(".learning_rate"):
            raise PackshotError(
                f"this training has {name} = {own.get(name)}, not {asked.get(name)}",
                where,
                "Resume it without that setting, or train anew into another -o.",
                usage=True,
            )
    return replace(plan, recipe=recipe)


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def write_plan(work: Path, plan: Plan) -> None:
    """Keep a plan in the folder of its checkpoints."""
    content = {
        "recipe": plan.recipe.model_dump(mode="json"),
        "catalog": plan.catalog,
        "steps": dict(plan.steps),
        "origin": plan.origin,
        "changes": list(plan.changes),
    }
    write_json(work / "plan.json", content)


def read_plan(work: Path) -> Plan | None:
    """The plan of a folder, or None where there is none.

    Raises:
        PackshotError: it is damaged.
    """
    path = work / "plan.json"
    if not path.exists():
        return None
    try:
        content: Mapping[str, Any] = json.loads(path.read_text())
        recipe = Recipe.model_validate(content["recipe"])
        steps = {str(k): int(v) for k, v in content["steps"].items()}
        return Plan(recipe, str(content["catalog"]), steps, str(content["origin"]), tuple(content["changes"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PackshotError("training plan is damaged", path, "Remove the folder and train again.") from None
