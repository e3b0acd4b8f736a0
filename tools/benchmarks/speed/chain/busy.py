"""Time a frame while other processes keep the cores busy."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

FRAMES, PEOPLE = 8, 8
LOOPS = 2
"""Other processes that compute without end."""


def time_busy(config: Path, rounds: int) -> dict[str, float]:
    """Time the frames of a model, alone and beside others, with one thread and by default.

    Conditions take turns, so that other programs on the machine slow all of them.

    Args:
        config: Of a MOT model.
        rounds: Turns of each condition.

    Returns:
        Median seconds a frame, by the wall clock: ``alone``, one thread without the others;
        ``one``, one thread beside them; ``default``, the threads that our tools would take; and
        their number ``threads``.
    """
    for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        os.environ.pop(name, None)  # they are what is measured
    with _busy_loops() as pause:
        import mmmaml.command_line  # noqa: F401  # isort: skip  # sets how threads wait

        import torch

        from mmmaml.apis import MOTInferencer

        inferencer = MOTInferencer(config)
        default = _default_threads(inferencer)
        conditions = {'alone': (1, True), 'one': (1, False), 'default': (default, False)}
        times: dict[str, list[float]] = {name: [] for name in conditions}
        frame, boxes = _scene()
        for number in range(rounds + 1):
            for name, (threads, alone) in conditions.items():
                torch.set_num_threads(threads)
                pause(alone)
                for _ in range(FRAMES):
                    start = time.perf_counter()
                    inferencer.update(frame, boxes if config.parent.name == 'demo' else None)
                    if number:  # the first turn warms up
                        times[name].append(time.perf_counter() - start)
    return {**{name: float(np.median(each)) for name, each in times.items()}, 'threads': default}


def _default_threads(inferencer: Any) -> int:
    import torch

    # Older checkouts leave it to torch.
    return int(getattr(inferencer, 'default_threads', torch.get_num_threads()))


def _scene() -> tuple[np.ndarray, np.ndarray]:
    """Return a frame of noise (H, W, 3) and the boxes (N, 5) of people in it."""
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (540, 960, 3), dtype=np.uint8)
    left = np.linspace(50, 800, PEOPLE)
    boxes = np.column_stack(
        [left, np.full(PEOPLE, 100), left + 60, np.full(PEOPLE, 260), np.full(PEOPLE, 0.9)]
    )
    return frame, boxes


@contextmanager
def _busy_loops() -> Iterator[Any]:
    """Keep other processes busy; yields a function that pauses them, or lets them go on."""
    loops = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(LOOPS)]

    def pause(paused: bool) -> None:
        for loop in loops:
            loop.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    try:
        yield pause
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
