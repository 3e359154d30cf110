"""The engine that hands the work to Ray Data: the cores of this machine, or a cluster that ``RAY_ADDRESS`` names."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from importlib.util import find_spec
from itertools import islice
from typing import Any, TypeVar

from packshot.engines.base import give_up
from packshot.errors import PackshotError, missing_extra

T = TypeVar("T")
R = TypeVar("R")
Packed = dict[str, Any]

# Items of one data set for each core: enough for the cost of starting one to vanish, few enough to fit in memory.
_WINDOW = 128
# Items that travel, and fail, together.
_BLOCK = 4


class RayEngine:
    """Ray Data, with its usage statistics off. Started when the first work comes.

    Files that the items name must be found under the same path by every machine of a cluster.

    Args:
        workers: cores to use of this machine; None is all. A cluster decides by itself.

    Raises:
        PackshotError: Ray is not installed.
    """

    def __init__(self, workers: int | None = None) -> None:
        if find_spec("ray") is None:
            raise missing_extra("ray", "ray")
        self.workers = max(1, workers if workers is not None else len(os.sched_getaffinity(0)))

    def map(self, function: Callable[[T], R], items: Iterable[T], lost: Callable[[T], R] | None = None) -> Iterator[R]:
        """See ``Engine.map``. Items are read in windows of 128 a core."""
        cores = self._start()
        rest = iter(items)
        while window := list(islice(rest, _WINDOW * cores)):
            done = 0
            for number, result in self._run(function, window):
                # Numbers come in order: a gap is a block whose process died.
                for item in window[done:number]:
                    yield self._alone(function, item, lost)
                yield _opened(result)
                done = number + 1
            for item in window[done:]:
                yield self._alone(function, item, lost)

    def _run(self, function: Callable[[T], R], items: list[T]) -> Iterator[tuple[int, bytes]]:
        """The results of a data set, numbered, without those that were lost."""
        import ray.data

        rows = [{"number": number, "item": pickle.dumps(item)} for number, item in enumerate(items)]
        context = deepcopy(ray.data.DataContext.get_current())
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        context.max_errored_blocks = -1
        with ray.data.DataContext.current(context):
            blocks = -(-len(rows) // _BLOCK)
            packed = ray.data.from_items(rows, override_num_blocks=blocks)
            worked = packed.map(_work, fn_args=(function,), max_retries=0)
        for row in worked.iter_rows():
            yield row["number"], row["result"]

    def _alone(self, function: Callable[[T], R], item: T, lost: Callable[[T], R] | None) -> R:
        """The result of an item that died in company."""
        import ray

        task = ray.remote(_work).options(max_retries=0)
        try:
            result: bytes = ray.get(task.remote({"number": 0, "item": pickle.dumps(item)}, function))["result"]
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError):
            return give_up(item, lost)
        return _opened(result)

    def _start(self) -> int:
        """Connect to Ray, or start it; returns how many cores there are."""
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray
        import ray.data

        # What goes wrong is an item's result, and said there.
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if not ray.is_initialized():
            quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
            try:
                if "RAY_ADDRESS" in os.environ:
                    ray.init(**quiet)
                else:
                    here = {"address": "local", "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
                    ray.init(num_cpus=self.workers, **here, **quiet)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise PackshotError(f"Ray cannot be reached: {error}", os.environ.get("RAY_ADDRESS", "")) from None
        return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _work(row: Packed, function: Callable[[T], R]) -> Packed:
    # What the function raises travels as a result: Ray would take it for a lost block.
    try:
        result: tuple[str, Any] = ("result", function(pickle.loads(row["item"])))
    except Exception as error:
        result = ("error", error)
    return {"number": row["number"], "result": pickle.dumps(result)}


def _opened(packed: bytes) -> Any:
    kind, value = pickle.loads(packed)
    if kind == "error":
        raise value
    return value
