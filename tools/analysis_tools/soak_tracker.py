"""Whether the tracker can run for weeks: its memory and time over very many frames and tasks.

People come and go without end on simulated detections. Prints Markdown.
"""

import argparse
import gc
import pickle
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from mmmaml.command_line import on_interrupt  # isort: skip

import numpy as np
import psutil
import torch
from benchmark_tracker import one_thread
from reliability_page import Preset, table
from scipy.stats import linregress
from simulated_detections import FRAME_RATE, Noise, coming_and_going
from tracker_contestants import ADAPTED, OURS, Contestant, contestants, ours, trained_head

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils import register_all_modules, write_text

FRAMES, IN_VIEW, SAMPLES = 100_000, 50, 100
WARM_UP = 0.1
"""Share of the frames after which the tracker is expected to have all it will ever need."""

TASKS = (500, 2_000, 10_000)
TASK_WARM_UP = 30


class Trend(NamedTuple):
    """A line through what was measured again and again.

    Attributes:
        mean: Of the measurements.
        growth: Of the line from the first to the last of them.
        error: Standard error of ``growth``.
    """

    mean: float
    growth: float
    error: float


class Soak(NamedTuple):
    """What became of a tracker over very many frames; after the warm-up.

    Attributes:
        name: Of the tracker.
        frames: In all.
        people: Seen in all.
        resident: Memory of the process in MiB.
        milliseconds: A frame, each measurement the median over its share of the frames.
        state: Bytes that the tracker's whole state takes when it is written down, after the
            warm-up and at the end.
        slots: Rows in its arrays, likewise.
        graphs: Tensors in the process that keep an autograd graph, at the end.
    """

    name: str
    frames: int
    people: int
    resident: Trend
    milliseconds: Trend
    state: tuple[int, int]
    slots: tuple[int, int]
    graphs: int


class TaskCost(NamedTuple):
    """What a task memory costs.

    Attributes:
        tasks: In the memory.
        size: Of the memory in MiB.
        new_track: Milliseconds to start a track from the memory (Eq. 6-7), by itself.
        blended: Milliseconds a frame where all tracks start from it.
        default: The same with the adapter's defaults, which start tracks from θ.
    """

    tasks: int
    size: float
    new_track: float
    blended: float
    default: float


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=FRAMES, help=f'of a soak ({FRAMES})')
    parser.add_argument('--in-view', type=int, default=IN_VIEW, help=f'people ({IN_VIEW})')
    parser.add_argument('--tasks', type=int, nargs='*', default=TASKS, help='in the task memory')
    parser.add_argument('--out', type=Path, help='write the tables here too')
    args = parser.parse_args(argv)
    on_interrupt('the tables are written at the end')
    for name in ('frames', 'in_view'):
        if getattr(args, name) < 1:
            parser.error(f'--{name.replace("_", "-")} {getattr(args, name)} must be at least 1')
    text = measure(args.frames, args.in_view, args.tasks)
    print(text)
    if args.out is not None:
        write_text(args.out, text)


def section(preset: Preset) -> str:
    """Tables and sentences for the page of reliability."""
    if preset == 'small':
        return measure(1_000, 10, (20, 40))
    return measure(FRAMES, IN_VIEW, TASKS)


def measure(frames: int, in_view: int, tasks: Sequence[int]) -> str:
    """Run all soaks, each in a process of its own, and lay out what they gave."""
    context = get_context('spawn')
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        soaks = [pool.submit(soak, name, frames, in_view).result() for name in (OURS, ADAPTED)]
        costs = [pool.submit(task_cost, number, in_view).result() for number in tasks]
    return page(soaks, costs, in_view)


# ---- measuring


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
        contestant = next(iter(contestants(FRAME_RATE, noise, seed, (name,))))
        return _soak(contestant, frames, in_view, noise, seed)


def _soak(contestant: Contestant, frames: int, in_view: int, noise: Noise, seed: int) -> Soak:
    block = max(1, frames // SAMPLES)
    warm_up, process = int(WARM_UP * frames) // block, psutil.Process()
    seconds: list[float] = []
    resident, milliseconds, states, slots, people = [], [], [], [], 0
    for frame in coming_and_going(in_view, block * SAMPLES, noise, seed):
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
            slots.append(contestant.tracker.tracks.state.capacity)
    return Soak(
        contestant.name,
        block * SAMPLES,
        people,
        trend(resident[warm_up:]),
        trend(milliseconds[warm_up:]),
        (states[0], states[-1]),
        (slots[0], slots[-1]),
        graphs_kept(),
    )


def trend(values: Sequence[float]) -> Trend:
    """The line through measurements at equal distances."""
    steps = len(values) - 1
    line = linregress(np.arange(len(values)), values)
    return Trend(float(np.mean(values)), steps * line.slope, steps * line.stderr)


def graphs_kept() -> int:
    """Tensors alive in this process that hold an autograd graph."""
    gc.collect()
    # By type: isinstance makes objects that stand in for others import what they stand for.
    tensors = [each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)]
    return sum(each.grad_fn is not None for each in tensors)


def task_cost(tasks: int, in_view: int, seed: int = 0, frames: int = 60) -> TaskCost:
    """Time of tracking with a task memory of some size.

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
def median_milliseconds(call: object, times: int) -> float:
    """Median processor time of so many calls."""
    assert callable(call)
    seconds = []
    for _ in range(times):
        start = time.thread_time()
        call()
        seconds.append(time.thread_time() - start)
    return 1000 * statistics.median(seconds)


# ---- the page


def page(soaks: Sequence[Soak], costs: Sequence[TaskCost], in_view: int) -> str:
    """Tables and sentences in Markdown."""
    options = OnlineMetaTracker().options
    header = ['', *(each.name for each in soaks)]
    rows = [
        ['frames', *(f'{each.frames:,}' for each in soaks)],
        ['people seen', *(f'{each.people:,}' for each in soaks)],
        ['resident memory, MiB', *(f'{each.resident.mean:.1f}' for each in soaks)],
        ['its growth, MiB', *(_growth(each.resident, 2) for each in soaks)],
        ['time a frame, ms', *(f'{each.milliseconds.mean:.3f}' for each in soaks)],
        ['its growth, ms', *(_growth(each.milliseconds, 3) for each in soaks)],
        ['state written down, KiB', *(_both(each.state, 1024) for each in soaks)],
        ['slots for tracks', *(_both(each.slots) for each in soaks)],
        ['tensors with a graph at the end', *(str(each.graphs) for each in soaks)],
    ]
    text = f"""\
An endless street: {in_view} people in view, each crosses it once in eight seconds, and someone new
follows. Each tracker runs in a process of its own on one thread. Growth is that of a straight line
through {SAMPLES} measurements, from {WARM_UP:.0%} of the frames to the end, ± twice its standard
error; state and slots are those after {WARM_UP:.0%} of the frames and at the end. What else runs
on the machine shows in the times, up and down.

{table(header, rows)}
What is kept is bounded by construction: at most `max_lost` = {options.max_lost} tracks that are
not in view and one for each detection of a frame, each with one mean feature, or
`gallery_size` = {options.gallery_size} more where the `'gradient'` solver looks at them; pairs of
tracks and detections last for a frame. Slots are as many as tracks ever were at once, rounded up
to a power of two.
"""
    if costs:
        rows = [[f'{c.tasks:,}', *(f'{x:.2f}' for x in c[1:])] for c in costs]
        header = ['tasks', 'memory, MiB', 'a new track, ms', 'a frame, blended, ms']
        text += f"""
The task memory, tasks of 32 support features of {Noise().channels} channels, {in_view} people in
view. *Blended* starts every track from the memory (`blend_tasks=True`, Eq. 6-7), the default from
θ, without a look at it.

{table([*header, 'a frame, default, ms'], rows)}
{_growth_with_tasks(costs)}
"""
    return text


def _growth(trend: Trend, digits: int) -> str:
    return f'{trend.growth:+.{digits}f} ± {2 * trend.error:.{digits}f}'


def _both(values: tuple[int, int], unit: int = 1) -> str:
    return ', '.join(f'{value / unit:,.0f}' for value in values)


def _growth_with_tasks(costs: Sequence[TaskCost]) -> str:
    """By which power of the number of tasks time grows, between the smallest and the largest."""
    least, most = costs[0], costs[-1]
    more = most.tasks / least.tasks
    if more == 1:
        return ''
    powers = [np.log(most[i] / least[i]) / np.log(more) for i in (2, 3)]
    return (
        f'From {least.tasks:,} to {most.tasks:,} tasks the time of a new track grows like the '
        f'number of tasks to the power {powers[0]:.2f}, that of a blended frame to the power '
        f'{powers[1]:.2f}; that of a default frame changes by a factor of '
        f'{most.default / least.default:.2f}.'
    )


if __name__ == '__main__':
    main()
