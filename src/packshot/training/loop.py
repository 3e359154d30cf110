"""The training loop, the same for every family and stage.

Everything random in a step follows from the seed and the step's number alone, so a training that is resumed goes on
exactly as it would have.
"""

from __future__ import annotations

import copy
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import AdamW

from packshot.errors import PackshotError
from packshot.families.common.objective import Objective
from packshot.progress import say, ticker
from packshot.training.checkpoint import State, load_checkpoint, read_head, save_checkpoint
from packshot.training.data import TrainingSet
from packshot.training.feed import Feed, to_tensor
from packshot.training.journal import Journal
from packshot.training.monitor import Monitor, best_of
from packshot.training.recipe import TrainingConfig
from packshot.training.workers import Workers

LOG_EVERY = 20
SAVE_SECONDS = 45.0
# Steps of a stage that is only measured; where its terms begin one after the other, all have begun near its end.
MANY, LATE = 1_000_000, 999_000
# Pictures that an objective is shown before its first step.
_FIRST_LOOK = 512


def new_state(network: nn.Module, objective: Objective, config: TrainingConfig) -> State:
    """The state before the first step."""
    optimizers = {
        player.name: AdamW(
            [p for module in player.modules for p in module.parameters() if p.requires_grad],
            lr=config.learning_rate * player.rate,
            betas=player.betas,
            weight_decay=config.weight_decay,
            fused=True,
        )
        for player in objective.players
    }
    average = copy.deepcopy(objective.averaged).requires_grad_(False)
    return State(0, 0.0, network, average, optimizers)


def train_step(
    state: State,
    objective: Objective,
    feed: Feed,
    config: TrainingConfig,
    steps: int,
    workers: Workers | None = None,
) -> dict[str, float]:
    """One step: every player moves once, then the average follows.

    Returns:
        The named losses.

    Raises:
        PackshotError: a loss or its gradient is not a finite number.
    """
    torch.manual_seed(config.seed * 1_000_003 + state.step)
    workers = workers or Workers()
    batch = feed(state.step)
    factor = rate_at(state.step, steps, config, state.fall, state.end)
    logged: dict[str, Tensor] = {}
    totals: dict[str, Tensor] = {}
    for player in objective.players:
        optimizer = state.optimizers[player.name]
        with workers.randomness(len(batch.pixels)), half_precision(batch.pixels.device):
            losses = objective.losses(player.name, batch, state.step)
        if not losses:
            continue
        total = torch.stack([loss for name, loss in losses.items() if not name.startswith("_")]).sum()
        optimizer.zero_grad(set_to_none=True)
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        # Only this player's gradients are computed; the others' networks are passed through.
        gradients = workers.mean(torch.autograd.grad(total, parameters, allow_unused=True))
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        norm = nn.utils.clip_grad_norm_(parameters, config.clip)
        # A loss may be finite where its gradient is not, as that of a root at zero.
        totals[player.name] = total.detach().float() + 0 * norm.float()
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * player.rate * factor
        optimizer.step()
        logged |= {name.lstrip("_"): loss.detach().float() for name, loss in losses.items()}
    # Read once, at the end of the step: to read a number is to wait for all that the device has been told to do.
    read = torch.stack([*logged.values(), *totals.values()]).tolist()
    for name, total_read in zip(totals, read[len(logged) :], strict=True):
        if not math.isfinite(total_read):
            raise PackshotError(
                f"training diverged: {name} loss or its gradient is {total_read} at step {state.step}",
                hint="The last checkpoint is kept: --resume --set training.learning_rate=... with a lower one.",
            )
    follow(state.average, objective.averaged, decay_at(state.step, config.ema))
    state.step += 1
    return workers.average(dict(zip(logged, read, strict=False)))


def run_stage(
    stage: str,
    state: State,
    objective: Objective,
    data: TrainingSet,
    config: TrainingConfig,
    steps: int,
    folder: Path,
    monitor: Monitor | None = None,
    workers: Workers | None = None,
) -> State:
    """Train a stage to its end, from its last checkpoint in ``folder`` if there is one.

    Args:
        steps: length of the stage.
        folder: where checkpoints go, at least once a minute; in its ``healthy`` and ``best`` those of the last look
            that found no collapse and of the look with the lowest held-out distance.
        monitor: looks at what the model draws; without improvement for long enough the learning rate falls early. A
            stage whose end is clearly worse than its best look ends with that look's state.

    Raises:
        CollapseError: a look found that the model ignores its noise or its descriptions.
        KeyboardInterrupt: it was asked to stop, and has saved its state.
        PackshotError: a loss or its gradient is not a finite number.
    """
    workers = workers or Workers()
    head = read_head(folder)
    if head and head["stage"] == stage:
        load_checkpoint(folder, head, state)
    data = begin(state, objective, data)
    before, started, saved = state.seconds, time.monotonic(), time.monotonic()
    # Every process comes to the same state; one writes it down.
    save = save_checkpoint if workers.first else _leave_out
    feed, journal = Feed(data, config, workers), Journal(folder / "logs" if workers.first else None)
    if monitor and state.step == 0:
        save(folder / "healthy", stage, state)
    with ticker(f"training {stage}", state.end or steps, done=state.step) as shown, stop_signal() as stopped:
        while state.step < (state.end or steps) and not stopped():
            for name, value in train_step(state, objective, feed, config, steps, workers).items():
                state.running.setdefault(name, []).append(value)
            done = state.step == (state.end or steps)
            if state.step % LOG_EVERY == 0 or done:
                means = {name: sum(values) / len(values) for name, values in state.running.items()}
                state.history.append({"stage": stage, "step": state.step, **means})
                state.running = {}
                journal.note(stage, state.step, means)
            state.seconds = before + time.monotonic() - started
            if monitor and (done or monitor.due(state.step, steps)):
                _look(stage, state, steps, config, folder, monitor, journal, save)
            if done or stopped() or time.monotonic() - saved > SAVE_SECONDS:
                save(folder, stage, state)
                saved = time.monotonic()
            shown.advance(note=_note(state))
    journal.close()
    if stopped():
        raise KeyboardInterrupt
    return state


class CollapseError(Exception):
    """A model in training ignores its noise or its descriptions.

    Attributes:
        step: after which it was found.
    """

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


def _leave_out(_folder: Path, _stage: str, _state: State) -> None:
    """In place of saving, where another process saves."""


def _look(
    stage: str,
    state: State,
    steps: int,
    config: TrainingConfig,
    folder: Path,
    monitor: Monitor,
    journal: Journal,
    save: Callable[[Path, str, State], None],
) -> None:
    """Look at what the average draws, and do what is to be done about it.

    Where nothing has improved for long enough, the learning rate falls over all steps that are left: at its full height
    it lets a training circle around what it might reach. Where the last look is clearly worse than the best, the stage
    goes back to that one's state.
    """
    found = monitor.look(state.average)
    row = {"kid": found.kid, "across": found.across, "within": found.within}
    state.history.append({"stage": stage, "step": state.step, **row})
    journal.note(stage, state.step, row)
    journal.show(stage, state.step, found.sheet)
    if what := monitor.collapsed(found.across, found.within, state.step / (state.end or steps)):
        if not monitor.forgiving:
            raise CollapseError(state.step, what)
        say(f"warning: mode collapse at step {state.step}: {what}")
    # By the measure of the end: what is collapsed early on is nothing to go back to later.
    if not monitor.collapsed(found.across, found.within):
        save(folder / "healthy", stage, state)
    looks = [row for row in state.history if row["stage"] == stage and "kid" in row]
    kids = [row["kid"] for row in looks]
    best = looks[best_of(kids)]
    if best is looks[-1]:
        save(folder / "best", stage, state)
    behind = monitor.worse(kids) and not monitor.collapsed(best["across"], best["within"])
    if state.step == (state.end or steps):
        if behind:
            _back(folder / "best", state)
            say(f"the end is worse on held-out pictures than step {state.step} was: that one is kept")
            state.end = state.step
    elif not state.fall and state.step <= steps - round(steps * config.decay) and monitor.tired(kids):
        left = steps - state.step
        if behind:
            _back(folder / "best", state)
            save(folder / "healthy", stage, state)
        state.fall, state.end = state.step, state.step + left
        say(f"held-out pictures get no nearer: the learning rate falls from step {state.step} on")
        save(folder, stage, state)


def _back(best: Path, state: State) -> None:
    """To an earlier state; the time that was spent stays spent."""
    seconds, head = state.seconds, read_head(best)
    assert head is not None
    load_checkpoint(best, head, state)
    state.seconds = seconds


def begin(state: State, objective: Objective, data: TrainingSet) -> TrainingSet:
    """What is done once before a stage goes on.

    Returns:
        The data, with latents where the objective has them.
    """
    if state.step == 0:
        rows = np.linspace(0, len(data) - 1, min(len(data), _FIRST_LOOK)).astype(int)
        objective.begin(to_tensor(data.pixels[rows]))
        state.average.load_state_dict(objective.averaged.state_dict())
    latents = objective.latents
    if latents is None:
        return data

    def compute(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.no_grad():
            return latents(to_tensor(pixels)).float().contiguous().cpu().numpy()

    return data.with_latents(compute)


@contextmanager
def stop_signal() -> Iterator[Callable[[], bool]]:
    """Whether an interrupt or termination was asked for; a second one does not wait for the end of the step."""
    asked: list[int] = []

    def note(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def half_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where it is faster; on CPUs without the instructions it took twice as long."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def rate_at(step: int, steps: int, config: TrainingConfig, fall: int = 0, end: int = 0) -> float:
    """Factor on the learning rate: a linear rise, a plateau, and a cosine to zero at the end.

    Args:
        fall: the step that the cosine begins with, where it is earlier than planned.
        end: the last step where that is not ``steps``.
    """
    rise = min(1.0, (step + 1) / max(1, min(config.warmup, steps // 4)))
    start, end = fall or steps * (1 - config.decay), end or steps
    if step < start:
        return rise
    return rise * 0.5 * (1 + math.cos(math.pi * (step - start) / max(1.0, end - start)))


def decay_at(step: int, ema: float) -> float:
    """Decay of the moving average, short at first so that the random start is forgotten."""
    return min(ema, (1 + step) / (10 + step))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the average towards the network's weights."""
    ours: list[Tensor] = [*average.parameters()]
    theirs: list[Tensor] = [*network.parameters()]
    torch._foreach_lerp_(ours, theirs, 1 - decay)
    buffers = dict(network.named_buffers())
    for name, buffer in average.named_buffers():
        buffer.copy_(buffers[name])


def measure_step(
    state: State, objective: Objective, data: TrainingSet, config: TrainingConfig, *, rounds: int = 16
) -> float:
    """Mean seconds of a step, from a few steps on a state that is to be thrown away."""
    feed, state.step = Feed(data, config), LATE
    for _ in range(3):
        train_step(state, objective, feed, config, MANY)
    started = time.perf_counter()
    for _ in range(rounds):
        train_step(state, objective, feed, config, MANY)
    return (time.perf_counter() - started) / rounds


def _note(state: State) -> str:
    if not state.history:
        return ""
    return " ".join(f"{k} {v:.3f}" for k, v in state.history[-1].items() if isinstance(v, float))
