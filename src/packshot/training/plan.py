"""What a training will do, decided once and kept beside its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
