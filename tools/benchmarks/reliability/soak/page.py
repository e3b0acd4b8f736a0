"""Section on memory and time of the tracker."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from mmmaml.models.trackers import OnlineMetaTracker
from tools.benchmarks.common.contestants import ADAPTED, OURS
from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.simulated_detections import Noise
from tools.benchmarks.common.tables import table
from tools.benchmarks.reliability.soak.measurements import (
    MEETING,
    SAMPLES,
    WARM_UP,
    Soak,
    TaskCost,
    Trend,
    soak,
    task_cost,
)

FRAMES, IN_VIEW = 100_000, 50
TASKS = (500, 2_000, 10_000)


def section(preset: Preset) -> str:
    """Write the section of the page of reliability."""
    if preset == 'small':
        return measure(1_000, 10, (20, 40))
    return measure(FRAMES, IN_VIEW, TASKS)


def measure(frames: int, in_view: int, tasks: Sequence[int]) -> str:
    """Run all soaks, each in a process of its own, and lay out their results."""
    context = get_context('spawn')
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        soaks = [pool.submit(soak, name, frames, in_view).result() for name in (OURS, ADAPTED)]
        costs = [pool.submit(task_cost, number, in_view).result() for number in tasks]
    return page(soaks, costs, in_view)


def page(soaks: Sequence[Soak], costs: Sequence[TaskCost], in_view: int) -> str:
    """Lay out tables and sentences in Markdown."""
    options = OnlineMetaTracker().options
    max_lost, gallery_size = options.life.max_lost, options.memory.gallery_size
    header = ['', *(each.name for each in soaks)]
    rows = [
        ['frames', *(f'{each.frames:,}' for each in soaks)],
        ['people seen', *(f'{each.people:,}' for each in soaks)],
        ['resident memory, MiB', *(f'{each.resident.mean:.1f}' for each in soaks)],
        ['its growth, MiB', *(_growth(each.resident, 2) for each in soaks)],
        ['in the second half alone, MiB', *(f'{each.late:+.3f}' for each in soaks)],
        ['time a frame, ms', *(f'{each.milliseconds.mean:.3f}' for each in soaks)],
        ['its growth, ms', *(_growth(each.milliseconds, 3) for each in soaks)],
        [
            'a frame of the old tracker beside a new one, ms',
            *(f'{each.beside_new[0]:.3f}' for each in soaks),
        ],
        ['a frame of the new one, ms', *(f'{each.beside_new[1]:.3f}' for each in soaks)],
        ['state written down, KiB', *(_both(each.state, 1024) for each in soaks)],
        ['rows of the track pool', *(_both(each.capacity) for each in soaks)],
        ['tensors with a graph at the end', *(str(each.graphs) for each in soaks)],
    ]
    text = f"""\
An endless street: {in_view} people in view, each crosses it once in eight seconds, and someone new
follows. Each tracker runs in a process of its own on one thread. Growth is that of a straight line
through {SAMPLES} measurements, from {WARM_UP:.0%} of the frames to the end, ± twice its standard
error, for which it counts that each measurement is like the one before it: other work on the
machine slows down many in a row, and memory grows in steps up to the final size.
So after the last frame the tracker meets a new one: both go on by turns, on the same frames, and
are timed once the new one, after {MEETING} frames, has as many people to remember. State and rows
are those after {WARM_UP:.0%} of the frames and at the end.

{table(header, rows)}
Memory is bounded by construction: at most `max_lost` = {max_lost} tracks that are
not in view and one for each detection of a frame, each with one mean feature, or
`gallery_size` = {gallery_size} more if the `'gradient'` solver reads them; pairs of
tracks and detections last for a frame. Rows are as many as tracks ever were at once, rounded up
to a power of two.
"""
    if costs:
        rows = [[f'{c.tasks:,}', *(f'{x:.2f}' for x in c[1:])] for c in costs]
        header = ['tasks', 'memory, MiB', 'a new track, ms', 'a frame, blended, ms']
        text += f"""
The task memory, tasks of 32 support features of {Noise().channels} channels, {in_view} people in
view. *Blended* starts every track from the memory (`blend_tasks=True`, Eq. 6-7), the default from
θ, without reading it.

{table([*header, 'a frame, default, ms'], rows)}
{_growth_with_tasks(costs)}
"""
    return text


def _growth(trend: Trend, digits: int) -> str:
    return f'{trend.growth:+.{digits}f} ± {2 * trend.error:.{digits}f}'


def _both(values: tuple[int, int], unit: int = 1) -> str:
    return ', '.join(f'{value / unit:,.0f}' for value in values)


def _growth_with_tasks(costs: Sequence[TaskCost]) -> str:
    """Tell the power of the number of tasks that time grows with, from smallest to largest."""
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
