"""Files that ship with packshot."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent


def asset(name: str) -> Path:
    """The path of a shipped file or folder, such as ``lite0.onnx`` or ``presets``."""
    return ROOT / name
