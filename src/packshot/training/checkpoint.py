"""Checkpoints: tensors as safetensors, the rest as JSON, both written so that a kill leaves the last good pair."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from packshot.errors import PackshotError
from packshot.files import write_atomic


@dataclass
class State:
    """All that a training needs to go on, beyond what its plan says.

    Attributes:
        step: steps done in this stage.
        seconds: time spent so far, over all runs and stages.
        network: every network of the family.
        average: moving average of the exported part, same structure.
        optimizers: player → optimiser.
        history: one row per logged interval of all stages: the stage, the step, and averaged losses by name.
        running: loss name → its values since the last row.
        fall: the step that the learning rate falls from, where it falls earlier than planned; 0 for as planned.
        end: the step that the stage ends after, where that is not its planned length; 0 for that.
    """

    step: int
    seconds: float
    network: nn.Module
    average: nn.Module
    optimizers: Mapping[str, Optimizer]
    history: list[dict[str, Any]] = field(default_factory=list)
    running: dict[str, list[float]] = field(default_factory=dict)
    fall: int = 0
    end: int = 0


def save_checkpoint(folder: Path, stage: str, state: State) -> None:
    """Write the state; a reader finds the old checkpoint or the new one.

    The tensors go into a file of their own name per step, and the JSON that names it is replaced last.
    """
    tensors = {f"network.{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in state.average.state_dict().items()}
    for player, optimizer in state.optimizers.items():
        for index, values in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{player}.{index}.{k}": v for k, v in values.items()}
    name = f"{stage}-{state.step:08d}.safetensors"
    # save() wants memory of its own for every tensor.
    write_atomic(folder / name, save({k: v.detach().contiguous().clone() for k, v in tensors.items()}))
    head = {
        "stage": stage,
        "step": state.step,
        "seconds": state.seconds,
        "tensors": name,
        "history": state.history,
        "running": state.running,
        "fall": state.fall,
        "end": state.end,
    }
    write_atomic(folder / "checkpoint.json", json.dumps(head).encode())
    for old in folder.glob(f"{stage}-*.safetensors"):
        if old.name != name:
            old.unlink()


def go_back(folder: Path, state: State, steps: int, decay: float) -> None:
    """To the ``healthy`` checkpoint of a folder, after a stage took a wrong way.

    The time that was spent stays spent: the steps that were left follow from there, and the learning rate falls over
    the last of them. A ``best`` look of later than that was of the wrong way.

    Args:
        state: where the wrong way has led.
        steps: planned for the stage.
        decay: share of the steps, at the end, over which the learning rate falls.
    """
    head, best = read_head(folder / "healthy"), read_head(folder / "best")
    if head is None:
        raise PackshotError("no checkpoint to go back to", folder)
    left = max(1, (state.end or steps) - state.step)
    end = head["step"] + left
    head |= {"seconds": state.seconds, "fall": max(1, head["step"], end - round(left * decay)), "end": end}
    tensors = (folder / "healthy" / head["tensors"]).read_bytes()
    places = [folder / "healthy", folder]
    if best is None or best["stage"] != head["stage"] or best["step"] > head["step"]:
        places.append(folder / "best")
    for place in places:
        write_atomic(place / head["tensors"], tensors)
        write_atomic(place / "checkpoint.json", json.dumps(head).encode())


def read_head(folder: Path) -> dict[str, Any] | None:
    """The JSON part of the last checkpoint, or None when there is none."""
    path = folder / "checkpoint.json"
    if not path.exists():
        return None
    try:
        head: dict[str, Any] = json.loads(path.read_text())
    except ValueError:
        raise PackshotError("checkpoint is damaged", path, "Remove the folder and train again.") from None
    return head


def load_checkpoint(folder: Path, head: Mapping[str, Any], state: State) -> None:
    """Fill ``state`` with a checkpoint.

    Raises:
        PackshotError: the tensors are missing, damaged or of other shapes.
    """
    path = folder / head["tensors"]
    try:
        tensors = load(path.read_bytes())
        state.network.load_state_dict(_under(tensors, "network."))
        state.average.load_state_dict(_under(tensors, "average."))
        for player, optimizer in state.optimizers.items():
            _restore(optimizer, _under(tensors, f"optimizer.{player}."))
    except Exception as error:
        # safetensors and torch raise many classes for one thing: this file is not the one that was written.
        raise PackshotError("checkpoint is damaged", path, "Remove the folder and train again.") from error
    state.step, state.seconds = head["step"], head["seconds"]
    state.history, state.running = list(head["history"]), dict(head["running"])
    state.fall, state.end = int(head["fall"]), int(head["end"])


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _restore(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            # Fused optimisers walk through memory: a moment must be laid out as its parameter is.
            value = torch.empty_like(parameter.detach()).copy_(value)
        states.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
