"""Threads of networks on a CPU."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STAT = Path('/proc/stat')
_SHORTEST = 0.5  # seconds; the kernel counts in hundredths of them


def let_threads_sleep() -> None:
    """Let threads that wait sleep instead of spin, unless the environment says otherwise.

    On a busy machine, those that spin take the cores from those that work. Of effect before
    torch is imported.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')


@dataclass(frozen=True)
class Usage:
    """Use of the machine up to a moment.

    Attributes:
        wall: Seconds of a clock.
        idle: Seconds that all cores together had been idle.
        own: Processor seconds of this process.
    """

    wall: float
    idle: float
    own: float

    @classmethod
    def now(cls, stat: Path = _STAT) -> 'Usage | None':
        """Read it; None if the system does not tell."""
        try:
            fields = stat.read_text(encoding='ascii').split('\n', 1)[0].split()
            idle = (int(fields[4]) + int(fields[5])) / os.sysconf('SC_CLK_TCK')
        except (OSError, ValueError, IndexError, AttributeError):
            return None
        return cls(time.monotonic(), idle, time.process_time())

    def free_cores(self, later: 'Usage') -> float:
        """Return how many cores this process could have used between here and a later moment.

        Raises:
            ValueError: That is too short to tell.
        """
        seconds = later.wall - self.wall
        if seconds < _SHORTEST:
            raise ValueError(f'{seconds:.2f} s are too short to tell how busy a machine is')
        return (later.idle - self.idle + later.own - self.own) / seconds


_start = Usage.now()


def free_cores() -> float | None:
    """Return the cores that others left to this process since it started; None if unknown."""
    now = Usage.now()
    if _start is not None and now is not None:
        try:
            return _start.free_cores(now)
        except ValueError:
            pass
    try:
        return (os.cpu_count() or 1) - os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows
        return None


def default_threads(model: Any) -> int:
    """Return the threads that serve a tracking model best on a CPU.

    Args:
        model: A MOT model, perhaps wrapped.

    Returns:
        1 if its networks see no more than boxes, which are too small to share out; else
        :func:`threads_of_free_cores`.
    """
    model = getattr(model, 'module', model)
    return 1 if getattr(model, 'sees_only_boxes', False) else threads_of_free_cores()


def threads_of_free_cores() -> int:
    """Return torch's threads, or fewer where other programs have cores busy; at least 1.

    A thread more than there are free cores makes all others wait for it.
    """
    import torch

    most, free = torch.get_num_threads(), free_cores()
    return most if free is None else max(1, min(most, round(free)))
