"""Trainings without their last, slow part."""

from __future__ import annotations

import pytest

import packshot.training.folder as module

from .bare import BARE


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings in this process end without graphs and samples."""
    for name, value in BARE.items():
        monkeypatch.setattr(module, name, value)
