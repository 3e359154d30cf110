"""What one picture and many pictures take, beside torch with the same weights, and what a first picture waits for.

    python benchmarks/generation_speed.py [MODEL] [--rounds 60] [--starts 7]

Everything warm is timed in turns, packshot and torch after one another, so that both see the same machine. A cold
start is the whole process of ``packshot generate``; its parts are processes that do less and less of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from packshot.families import config_class, make_sampler, training_parts
from packshot.families.common.family import Floats, SamplingOptions
from packshot.generation.generator import Generator
from packshot.generation.models import open_model

KINDS = ("red dress", "黑色皮鞋", "blue jeans", "白色T恤", "green jacket", "黄色帽子")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--starts", type=int, default=7)
    options = parser.parse_args()
    folder = open_model(options.model)
    config = folder.config
    print(f"{config.name}: {config.family}, {config.resolution} px\n")
    warm(folder.path, options.rounds)
    cold(options.model, options.starts)


def warm(path: Path, rounds: int) -> None:
    folder = open_model(path)
    one, eager = Generator(folder, threads=1), torch_sampler(path)
    conditions = [one.told(text, 0) for text in KINDS]
    one.picture(KINDS[0], 0)
    eager(conditions[0], [0], 1)
    own, theirs = [], []
    for i in range(rounds):
        text = KINDS[i % len(KINDS)]
        own.append(timed(partial(one.picture, text, i)))
        theirs.append(timed(partial(eager, conditions[i % len(KINDS)], [i], 1)))
    print("| one picture, one thread | p50 | p95 |\n|---|---|---|")
    for name, times in (("packshot", own), ("torch eager", theirs)):
        print(f"| {name} | {1000 * median(times):.1f} ms | {1000 * float(np.quantile(times, 0.95)):.1f} ms |")
    fresh = [f"{color} {kind}" for color in ("red", "grey", "brown") for kind in ("coat", "cap", "skirt", "sandals")]
    times = [timed(partial(one.picture, text, 1)) for text in fresh]
    print(f"| packshot, a description that is new to it | {1000 * median(times):.1f} ms | |")

    cores = len(os.sched_getaffinity(0))
    every, count = Generator(folder), 4 * rounds
    wanted = [(KINDS[i % len(KINDS)], i) for i in range(count)]
    many = np.concatenate([conditions[i % len(KINDS)] for i in range(count)])
    own_many = min(timed(lambda: list(every.pictures(wanted))) for _ in range(3))
    theirs_many = min(timed(lambda: batches(eager, many, cores)) for _ in range(3))
    print(f"\n| {count} pictures, {cores} cores | a second |\n|---|---|")
    print(f"| packshot, each alone, so that every one can be had again | {count / own_many:.1f} |")
    print(f"| torch eager, batches of 16 | {count / theirs_many:.1f} |")


def torch_sampler(path: Path) -> Callable[[np.ndarray, list[int], int], None]:
    """The model's sampler around its torch modules, as a function of conditions, seeds and threads."""
    import torch
    from safetensors.torch import load_file

    found = open_model(path).config
    config = config_class(found.family).model_validate(found.architecture)
    parts = training_parts(found.family)
    network = parts.Objective(parts.Network(config), config, config.stages[-1].name, 1).averaged
    network.load_state_dict(load_file(path / "model.safetensors"))
    graphs = {name: module.eval() for name, (module, _, _) in parts.export(network, config).items()}

    def run(name: str, inputs: Mapping[str, Floats]) -> list[Floats]:
        with torch.no_grad():
            out = graphs[name](*(torch.from_numpy(np.ascontiguousarray(value)) for value in inputs.values()))
        return [part.numpy() for part in (out if isinstance(out, tuple) else (out,))]

    sampler = make_sampler(found.family, config, run)
    own = {k: v for k, v in found.sampler.items() if k in ("steps", "guidance")}

    def draw(condition: np.ndarray, seeds: list[int], threads: int) -> None:
        torch.set_num_threads(threads)
        sampler.sample(condition, seeds, SamplingOptions(**own))

    return draw


def batches(draw: Callable[[np.ndarray, list[int], int], None], conditions: np.ndarray, cores: int) -> None:
    for start in range(0, len(conditions), 16):
        part = conditions[start : start + 16]
        draw(part, list(range(start, start + len(part))), cores)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cold(model: Path | None, starts: int) -> None:
    """Processes that end after more and more of the way, in turns."""
    imports = "import packshot.cli, packshot.generation.generator, packshot.generation.write"
    encoder = f"{imports}\nfrom packshot.text.encoder import SentenceEncoder\nSentenceEncoder().encode(['red dress'])"
    with tempfile.TemporaryDirectory() as out:
        whole = [sys.executable, "-m", "packshot", "generate", "red dress", "-o", out]
        ways = {
            "Python": [sys.executable, "-c", "pass"],
            "and packshot's modules": [sys.executable, "-c", imports],
            "and the text encoder's first description": [sys.executable, "-c", encoder],
            "packshot generate, the whole": [*whole, *(["-m", str(model)] if model else [])],
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(starts + 1):
            for name, command in ways.items():
                times[name].append(timed(partial(subprocess.run, command, check=True, capture_output=True)))
    print("\n| cold start | median | least to most |\n|---|---|---|")
    for name, found in times.items():
        # The first may find neither files nor the unpacked encoder in memory.
        kept = found[1:]
        print(f"| {name} | {median(kept):.2f} s | {min(kept):.2f} to {max(kept):.2f} s |")


if __name__ == "__main__":
    main()
