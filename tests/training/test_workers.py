"""Several processes against one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from packshot.training.workers import Workers, _Shared

from ..conftest import ROOT, SMALL


def test_one_process_takes_the_whole_batch() -> None:
    workers = Workers()
    assert (workers.rank, workers.count, workers.first) == (0, 1, True)
    assert workers.rows(32) == slice(0, 32)
    assert workers.average({"loss": 2.0}) == {"loss": 2.0}


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    workers = Workers()
    workers.count = 3
    with pytest.raises(ValueError, match="32 cannot be divided among 3"):
        workers.rows(32)


def test_shared_random_numbers_are_the_rows_of_what_one_process_draws() -> None:
    like = torch.zeros(8, 5, 6, 6).contiguous(memory_format=torch.channels_last)

    def draws(n: int) -> list[torch.Tensor]:
        torch.manual_seed(4)
        x = like[:n].contiguous(memory_format=torch.channels_last)
        return [torch.randn(n), torch.rand(n, 3), torch.randint(2, 90, (n, 2)), torch.randn_like(x), torch.rand(3, 3)]

    whole = draws(8)
    for rank in (0, 1):
        with _Shared(rank, 2, 4):
            part = draws(4)
        for ours, all_of_it in zip(part[:-1], whole[:-1], strict=True):
            assert torch.equal(ours, all_of_it[rank * 4 : rank * 4 + 4])
        # What does not go by the batch is the same for all.
        assert torch.equal(part[-1], whole[-1])


@pytest.mark.parametrize("family", ["flow", "vae"])
def test_two_processes_learn_what_one_does(family: str, catalog_path: Path, tmp_path: Path) -> None:
    arguments = [
        "-m",
        "tests.training.bare",
        "train",
        str(catalog_path),
        "--family",
        family,
        "--steps",
        "50",
        "--seed",
        "3",
    ]
    for setting in SMALL[family]:
        arguments += ["--set", setting]
    one, two = tmp_path / "one", tmp_path / "two"
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    launch = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no"]
    for command in ([*arguments, "-o", str(one)], [*launch, *arguments, "-o", str(two)]):
        done = subprocess.run(
            [sys.executable, *command], env=quiet, capture_output=True, text=True, timeout=240, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr[-2000:]
    ours, theirs = (json.loads((p / "training" / "checkpoint.json").read_text())["history"] for p in (one, two))
    assert len(ours) == len(theirs) >= 3
    for a, b in zip(ours, theirs, strict=True):
        assert (a["stage"], a["step"]) == (b["stage"], b["step"])
        for name in a.keys() - {"stage", "step"}:
            assert b[name] == pytest.approx(a[name], rel=1e-3, abs=1e-6), (a["stage"], a["step"], name)
