"""Timing of crops by all pipelines."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmmaml.datasets import MOTCropDataset
from mmmaml.datasets.transforms.frame_cache import FrameCache
from tools.benchmarks.speed.data.pipelines import (
    MMTRACK_CONFIG,
    MMTRACK_LEAN,
    MOST_FILES,
    Data,
    count_decoded,
    crops,
    mmtrack_from_files,
    mmtrack_from_frames,
    tasks,
)

NUM_TASKS, NUM_CROPS = 24, 60
TRIPLETS = {'num_ids': 8, 'ins_per_id': 4}
"""Of mmtrack's config: an item is 32 crops."""


class Speed(NamedTuple):
    """Speed of a source of crops.

    Attributes:
        name: Pipeline that makes them.
        source: Files they are made of.
        crops_per_second: Median of the passes, processor time of one thread.
        decoded: Images decoded a crop.
        memory: Largest cache of decoded frames, MiB.
    """

    name: str
    source: str
    crops_per_second: float
    decoded: float
    memory: float = 0.0


class Work(NamedTuple):
    """Passes to time, each of which makes so many crops."""

    name: str
    source: str
    crops: int
    run: Callable[[int], object]
    memory: float = 0.0


def all_works(data: Data, folder: Path) -> list[Work]:
    """List the work to time."""
    plain = crops(data)
    by_frame = np.argsort([plain.get_data_info(i)['img_path'] for i in range(len(plain))])
    rng = np.random.default_rng(0)
    drawn = rng.integers(min(len(plain), MOST_FILES), size=(64, NUM_CROPS)).tolist()
    from_frames = mmtrack_from_frames(plain, folder / 'frames')
    from_files = mmtrack_from_files(plain, folder / 'files', MMTRACK_LEAN)
    triplets = mmtrack_from_files(
        plain, folder / 'triplets', MMTRACK_CONFIG, triplet_sampler=TRIPLETS
    )
    shape = plain.get_data_info(0)['img_shape']
    frame = 3 * shape[0] * shape[1]
    size = frame / 2**20

    def frame_by_frame(turn: int) -> None:
        _cache_of(plain).clear()
        for index in by_frame:
            plain[int(index)]

    works = [
        Work('mmtrack', 'a frame for each crop', NUM_CROPS, _items(from_frames, drawn)),
        Work('ours', 'all crops of a frame, frame by frame', len(plain), frame_by_frame, size),
    ]
    for kept in (8, data.frames // 3, data.frames):
        episodes = tasks(data, kept * frame / 1e6)
        each = episodes.task(0).items.size
        name = f'tasks in random order, {kept} frames kept'
        run = _tasks(episodes, NUM_TASKS if kept > 8 else NUM_TASKS // 4)
        number = (NUM_TASKS if kept > 8 else NUM_TASKS // 4) * each
        if kept == data.frames:
            for image in sorted({plain.get_data_info(i)['img_path'] for i in range(len(plain))}):
                _cache_of(episodes.dataset).read(image)
        works.append(Work('ours', name, number, run, kept * size))
    number = TRIPLETS['num_ids'] * TRIPLETS['ins_per_id']
    some = [each[: NUM_CROPS // 10] for each in drawn]
    works += [
        Work("mmtrack's config", 'files of crops', number * len(some[0]), _items(triplets, some)),
        Work('mmtrack, the least', 'files of crops', NUM_CROPS, _items(from_files, drawn)),
    ]
    return works


def _items(dataset: object, drawn: list[list[int]]) -> Callable[[int], None]:
    def run(turn: int) -> None:
        for index in drawn[turn % len(drawn)]:
            dataset[index]  # type: ignore[index]

    return run


def _tasks(episodes: object, number: int) -> Callable[[int], None]:
    order = np.random.default_rng(1).permutation(64 * number).reshape(64, number)

    def run(turn: int) -> None:
        for index in order[turn % len(order)].tolist():
            episodes[index]  # type: ignore[index]

    return run


def _cache_of(dataset: MOTCropDataset) -> FrameCache:
    return dataset.pipeline.transforms[0].frames


def time_all(works: Sequence[Work], repeats: int) -> list[Speed]:
    """Time passes of each in turn; the first one warms up and counts decoded images."""
    decoded = [count_decoded(lambda work=work: work.run(0)) for work in works]
    seconds = np.zeros((len(works), repeats))
    for turn in range(repeats):
        for number, work in enumerate(works):
            start = time.thread_time()
            work.run(turn + 1)
            seconds[number, turn] = time.thread_time() - start
    return [
        Speed(
            work.name, work.source, work.crops / statistics.median(taken), count / work.crops
        )._replace(memory=work.memory)
        for work, taken, count in zip(works, seconds.tolist(), decoded, strict=True)
    ]
