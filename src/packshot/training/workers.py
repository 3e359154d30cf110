"""Processes that train one model together, as ``accelerate launch`` starts them; without it, one alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

# As plain callables: their many signatures are none of our business.
_DRAWS: tuple[Any, ...] = (torch.randn, torch.rand, torch.randint)


class Workers:
    """Who takes part.

    Attributes:
        rank: of this process, from 0.
        count: of processes.
    """

    def __init__(self) -> None:
        self.rank, self.count = 0, 1
        self._state: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            from accelerate import PartialState

            self._state = PartialState(cpu=not torch.cuda.is_available())
            self.rank, self.count = self._state.process_index, self._state.num_processes

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def rows(self, size: int) -> slice:
        """This process's part of a batch; the parts of all make up the batch, so their sizes must be equal.

        Raises:
            ValueError: the batch cannot be divided.
        """
        if size % self.count:
            raise ValueError(f"a batch of {size} cannot be divided among {self.count} processes")
        part = size // self.count
        return slice(self.rank * part, (self.rank + 1) * part)

    def mean(self, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The mean of every process's gradients, in one message."""
        if self.count == 1:
            return list(gradients)
        from accelerate.utils import reduce

        present = [g for g in gradients if g is not None]
        flat: Tensor = reduce(torch.cat([g.reshape(-1) for g in present]), reduction="mean")
        parts = iter(torch.split(flat, [g.numel() for g in present]))
        return [None if g is None else next(parts).view(g.shape) for g in gradients]

    def average(self, values: dict[str, float]) -> dict[str, float]:
        """The mean of every process's values."""
        if self.count == 1:
            return values
        (mean,) = self.mean([torch.tensor(list(values.values()), device=training_device())])
        assert mean is not None
        return dict(zip(values, mean.tolist(), strict=True))

    def wait(self) -> None:
        """Wait until all have come here."""
        if self._state is not None:
            self._state.wait_for_everyone()

    @contextmanager
    def after_the_first(self) -> Iterator[None]:
        """The first process does what is inside before the others, who then find its files."""
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()

    def randomness(self, rows: int) -> AbstractContextManager[object]:
        """While it is entered, random tensors of ``rows`` rows are this process's part of what one process alone would
        have drawn for the whole batch."""
        return _Shared(self.rank, self.count, rows) if self.count > 1 else nullcontext()


def training_device() -> torch.device:
    """The GPU that this process trains on, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


class _Shared(TorchFunctionMode):
    """Draws for all processes and keeps one's own rows."""

    def __init__(self, rank: int, count: int, rows: int) -> None:
        super().__init__()
        self.whole, self.rows, self.own = count * rows, rows, slice(rank * rows, (rank + 1) * rows)

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in (torch.randn_like, torch.rand_like) and args[0].shape[:1] == (self.rows,):
            # Values are drawn in the order of memory.
            form = torch.channels_last if _is_channels_last(args[0]) else torch.contiguous_format
            whole = args[0].new_empty((self.whole, *args[0].shape[1:])).contiguous(memory_format=form)
            return func(whole, **kwargs)[self.own]
        if func in _DRAWS:
            before, size = _size(func, args)
            if size[:1] == (self.rows,):
                return func(*before, (self.whole, *size[1:]), **kwargs)[self.own]
        return func(*args, **kwargs)


def _is_channels_last(x: Tensor) -> bool:
    return x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


def _size(func: Callable[..., Any], args: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Leading arguments and the size that a random tensor is asked for with."""
    if func is _DRAWS[2]:
        return args[:-1], tuple(args[-1])
    return (), tuple(args[0] if isinstance(args[0], Sequence) else args)
