"""Exported graphs, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.errors import PackshotError


class Graph:
    """An ONNX graph, loaded when it first runs.

    Args:
        path: the ``.onnx`` file.
        threads: cores that one run may use. Results of one machine and runtime do not depend on it as long as the
            graph holds no reduction that is split between threads, so it is 1 wherever pixels must repeat.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.path, self.threads = path, threads

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle threads that spin would take the cores from the other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # onnxruntime raises classes of its own for every kind of bad file.
            raise PackshotError(
                f"graph cannot be loaded: {str(error)[:160]}", self.path, "Copy the file again."
            ) from error

    def __call__(self, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run the graph on named inputs; the outputs come in the graph's order."""
        feed: Mapping[str, NDArray[Any]] = inputs
        return list(self._session.run(None, dict(feed)))
