"""Memory and time of the tracker, over very many frames and by tasks in its memory."""

import gc
import pickle
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import psutil
import torch

from mmmaml.utils import register_all_modules
from tools.benchmarks.common.clocks import one_thread
from tools.benchmarks.common.contestants import (
    ADAPTED,
    Contestant,
    contestants,
    ours,
    trained_head,
)
from tools.benchmarks.common.simulated_detections import (
    FRAME_RATE,
    Noise,
    SimulatedFrame,
    coming_and_going,
)

SAMPLES = 100
WARM_UP = 0.1
"""Share of the frames after which the tracker is expected to have all it will ever need."""

MEETING = 600
"""Frames after which a new tracker knows as many people as one that has seen all: those in view
and those who left within the time that the lost are remembered."""

TASK_WARM_UP = 30


class Trend(NamedTuple):
    """Line through repeated measurements.

    Attributes:
        mean: Of the measurements.
        growth: Of the line from the first to the last of them.
        error: Standard error of ``growth``.
    """

    mean: float
    growth: float
    error: float


class Soak(NamedTuple):
    """Measurements of a tracker over very many frames; after the warm-up.

    Attributes:
        name: Of the tracker.
        frames: In all.
        people: Seen in all.
        resident: Memory of the process in MiB.
        late: Its growth from half of the frames to the end, MiB.
        milliseconds: A frame, each measurement the median over its share of the frames.
        beside_new: Milliseconds a frame of the tracker that has seen all these frames and of a
            new one, medians over the same frames after them, both by turns.
        state: Bytes that the tracker's whole state takes when it is written down, after the
            warm-up and at the end.
        capacity: Rows of its track pool, likewise.
        graphs: Tensors in the process that keep an autograd graph, at the end.
    """

    name: str
    frames: int
    people: int
    resident: Trend
    late: float
    milliseconds: Trend
    beside_new: tuple[float, float]
    state: tuple[int, int]
    capacity: tuple[int, int]
    graphs: int


class TaskCost(NamedTuple):
    """Cost of a task memory.

    Attributes:
        tasks: In the memory.
        size: Of the memory in MiB.
        new_track: Milliseconds to start a track from the memory (Eq. 6-7), by itself.
        blended: Milliseconds a frame if all tracks start from it.
        default: The same with the adapter's defaults, which start tracks from θ.
    """

    tasks: int
    size: float
    new_track: float
    blended: float
    default: float


def soak(name: str, frames: int, in_view: int, seed: int = 0) -> Soak:
    """Run a tracker of the benchmark over a video without end.

    Args:
        name: Of the contestant.
        frames: In all; a multiple of ``SAMPLES`` is used.
        in_view: People in view.
        seed: Of all random numbers.
    """
    register_all_modules()
    with one_thread():
        noise = Noise()
        old, new = (next(iter(contestants(FRAME_RATE, noise, seed, (name,)))) for _ in range(2))
        return _soak(old, new, frames, in_view, noise, seed)


def _soak(
    contestant: Contestant, new: Contestant, frames: int, in_view: int, noise: Noise, seed: int
) -> Soak:
    block = max(1, frames // SAMPLES)
    after = MEETING + 2 * block
    video = coming_and_going(in_view, block * SAMPLES + after, noise, seed)
    warm_up, process = int(WARM_UP * frames) // block, psutil.Process()
    seconds: list[float] = []
    resident, milliseconds, states, capacity, people = [], [], [], [], 0
    for frame in islice(video, block * SAMPLES):
        step = contestant.prepare(frame)
        start = time.thread_time()
        step()
        seconds.append(time.thread_time() - start)
        people = max(people, int(frame.identities.max(initial=0)))
        number, rest = divmod(frame.number, block)
        if rest:
            continue
        resident.append(process.memory_info().rss / 2**20)
        milliseconds.append(1000 * statistics.median(seconds))
        seconds.clear()
        if number in (warm_up, SAMPLES):
            states.append(len(pickle.dumps(contestant.tracker)))
            capacity.append(contestant.tracker.tracks.state.capacity)
    graphs = graphs_kept()
    return Soak(
        contestant.name,
        block * SAMPLES,
        people,
        trend(resident[warm_up:]),
        resident[-1] - resident[len(resident) // 2],
        trend(milliseconds[warm_up:]),
        _by_turns((contestant, new), video),
        (states[0], states[-1]),
        (capacity[0], capacity[-1]),
        graphs,
    )


def _by_turns(
    pair: tuple[Contestant, Contestant], video: Iterable[SimulatedFrame]
) -> tuple[float, float]:
    """Return median milliseconds a frame of two trackers on the same frames but the first."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for index, frame in enumerate(video):
        steps = [each.prepare(frame) for each in pair]
        for turn in (0, 1) if index % 2 else (1, 0):
            start = time.thread_time()
            steps[turn]()
            seconds[turn].append(time.thread_time() - start)
    old, new = (1000 * statistics.median(each[MEETING:]) for each in seconds)
    return old, new


def trend(values: Sequence[float]) -> Trend:
    """Fit a line through measurements at equal distances.

    Each is like the one before it (other work slows down many in a row, memory grows in steps), so
    they tell as much as fewer that are independent: (1 - r) / (1 + r) of their number at an
    autocorrelation r about the line (Santer et al., 2000, doi:10.1029/1999JD901105).
    """
    steps = np.arange(len(values)) - (len(values) - 1) / 2
    slope = steps @ values / (steps @ steps)
    rest = np.asarray(values) - np.mean(values) - slope * steps
    r = min(max(rest[1:] @ rest[:-1] / max(rest @ rest, 1e-300), 0.0), 0.99)
    independent = (1 - r) / (1 + r) * len(values)
    error = np.sqrt(np.mean(rest**2) / independent / np.mean(steps**2))
    last = len(values) - 1
    return Trend(float(np.mean(values)), float(last * slope), float(last * error))


def graphs_kept() -> int:
    """Count tensors alive in this process that hold an autograd graph."""
    gc.collect()
    # By type: isinstance makes objects that stand in for others import what they stand for.
    tensors = [each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)]
    return sum(each.grad_fn is not None for each in tensors)


def task_cost(tasks: int, in_view: int, seed: int = 0, frames: int = 60) -> TaskCost:
    """Time tracking with a task memory of some size.

    Args:
        tasks: In the memory, of 32 support features each.
        in_view: People in view.
        seed: Of all random numbers.
        frames: To track, the first ``TASK_WARM_UP`` of which are not timed.
    """
    register_all_modules()
    noise = Noise()
    with one_thread():
        head = trained_head(noise.channels, noise.cosine, seed, tasks=tasks)
        memory = head.task_memory
        video = list(coming_and_going(in_view, frames, noise, seed))
        feature = video[0].feats[:1]
        new_track = median_milliseconds(
            lambda: memory.embed(feature, feature[None], head.weight, head.bias), 20
        )
        times = []
        for blend in (True, False):
            contestant = ours(ADAPTED, FRAME_RATE, head, adapter_cfg={'blend_tasks': blend})
            steps = [contestant.prepare(frame) for frame in video]
            for step in steps[:TASK_WARM_UP]:
                step()
            timed = iter(steps[TASK_WARM_UP:])
            times.append(
                median_milliseconds(lambda timed=timed: next(timed)(), len(video) - TASK_WARM_UP)
            )
    size = sum(each.numel() * each.element_size() for each in (memory.support, memory.grads))
    return TaskCost(tasks, size / 2**20, new_track, *times)


@torch.no_grad()
def median_milliseconds(call: Callable[[], object], times: int) -> float:
    """Return the median processor time of so many calls."""
    seconds = []
    for _ in range(times):
        start = time.thread_time()
        call()
        seconds.append(time.thread_time() - start)
    return 1000 * statistics.median(seconds)
