"""Time of a frame by stages."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


class StageClock:
    """Seconds of each stage, without those of the stages that run within it.

    Args:
        device: Where the network runs; a GPU is waited for at the end of each stage, since calls
            return before it is done.
        timer: Tells the seconds, ``time.perf_counter`` if None; ``time.process_time`` counts those
            of this process alone.

    Attributes:
        seconds: By name of the stage, in the order in which they first ended.
    """

    def __init__(self, device: str = 'cpu', timer: Callable[[], float] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._timer = timer or time.perf_counter
        self._waits = torch.device(device).type == 'cuda'
        self._inner = [0.0]  # seconds of the stages within each open one

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what runs within."""
        self._inner.append(0.0)
        start = self._timer()
        try:
            yield
        finally:
            if self._waits:
                torch.cuda.synchronize()
            total = self._timer() - start
            own = total - self._inner.pop()
            self._inner[-1] += total
            self.seconds[name] = self.seconds.get(name, 0.0) + own

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Time all later calls of a method of an object as a stage."""
        function = getattr(owner, method)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return function(*args, **kwargs)

        setattr(owner, method, timed)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds that another thread spent in a stage."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def reset(self) -> None:
        """Start from zero."""
        self.seconds.clear()
