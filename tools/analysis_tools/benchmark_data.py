"""Crops a second on one core: ours beside those of mmtrack's ReIDDataset. Prints Markdown."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from mmmaml.command_line import on_interrupt  # isort: skip

import numpy as np
from benchmark_tracker import one_thread
from data_pipelines import (
    MMTRACK_CONFIG,
    MMTRACK_LEAN,
    MOST_FILES,
    SCALE,
    Data,
    count_decoded,
    crops,
    generated_sequence,
    lengthen,
    mmtrack_from_files,
    mmtrack_from_frames,
    tasks,
)
from reliability_page import Preset, table

from mmmaml.datasets import MOTCropDataset
from mmmaml.datasets.transforms.frame_cache import FrameCache
from mmmaml.utils import register_all_modules, write_text
from mmmaml.utils.mot_files import find_sequences

FRAMES, REPEATS, NUM_TASKS, NUM_CROPS = 120, 5, 24, 60
TRIPLETS = {'num_ids': 8, 'ins_per_id': 4}
"""Of mmtrack's config: an item is 32 crops."""


class Speed(NamedTuple):
    """How fast crops come.

    Attributes:
        name: What gives them.
        source: What they are made of.
        crops_per_second: Median of the passes, processor time of one thread.
        decoded: Images decoded a crop.
        memory: Most that is kept in decoded frames, MiB.
    """

    name: str
    source: str
    crops_per_second: float
    decoded: float
    memory: float = 0.0


class Work(NamedTuple):
    """Something to time: passes that each give so many crops."""

    name: str
    source: str
    crops: int
    run: Callable[[int], object]
    memory: float = 0.0


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'root', nargs='?', type=Path, help='folder of MOT sequences; default: a generated one'
    )
    parser.add_argument('--frames', type=int, default=FRAMES, help=f'of each sequence ({FRAMES})')
    parser.add_argument('--repeats', type=int, default=REPEATS, help=f'passes ({REPEATS})')
    parser.add_argument('--out', type=Path, help='write the tables here too')
    args = parser.parse_args(argv)
    on_interrupt('what this measures is shown and written at the end')
    for name in ('frames', 'repeats'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} {getattr(args, name)} must be at least 1')
    register_all_modules()
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = None if args.root is None else find_sequences(args.root)
        except FileNotFoundError as error:
            parser.error(str(error))
        text = measure(Path(folder), found, args.frames, args.repeats)
    print(text)
    if args.out is not None:
        write_text(args.out, text)


def section(preset: Preset) -> str:
    """Tables and sentences for the page of reliability."""
    with tempfile.TemporaryDirectory() as folder:
        if preset == 'small':
            return measure(Path(folder), None, 12, 1, (320, 180), images=6)
        return measure(Path(folder), None, FRAMES, REPEATS)


def measure(
    folder: Path,
    sequences: list[Path] | None,
    frames: int,
    repeats: int,
    size: tuple[int, int] = (1920, 1080),
    images: int = 20,
) -> str:
    """Run all pipelines over the same boxes, pass by pass in turn.

    Args:
        folder: For temporary files.
        sequences: Sequence folders; None generates one.
        frames: Of each sequence.
        repeats: Passes, of which the median counts.
        size: Width and height of generated frames.
        images: Of the generated sequence.
    """
    given = sequences or [generated_sequence(folder / 'source', images, size, people=40)]
    data = lengthen(given, folder / 'data', frames)
    with one_thread():
        works = list(all_works(data, folder))
        speeds = time_all(works, repeats)
    what = 'A generated sequence' if sequences is None else ', '.join(p.name for p in given)
    return page(speeds, data, what)


def all_works(data: Data, folder: Path) -> list[Work]:
    """What is to be timed."""
    plain = crops(data, max_cached_frames=1)
    by_frame = np.argsort([plain.get_data_info(i)['img_path'] for i in range(len(plain))])
    rng = np.random.default_rng(0)
    drawn = rng.integers(min(len(plain), MOST_FILES), size=(64, NUM_CROPS)).tolist()
    from_frames = mmtrack_from_frames(plain, folder / 'frames')
    from_files = mmtrack_from_files(plain, folder / 'files', MMTRACK_LEAN)
    triplets = mmtrack_from_files(
        plain, folder / 'triplets', MMTRACK_CONFIG, triplet_sampler=TRIPLETS
    )
    shape = plain.get_data_info(0)['img_shape']
    size = 3 * shape[0] * shape[1] / 2**20

    def frame_by_frame(turn: int) -> None:
        _cache_of(plain).clear()
        for index in by_frame:
            plain[int(index)]

    works = [
        Work('mmtrack', 'a frame for each crop', NUM_CROPS, _items(from_frames, drawn)),
        Work('ours', 'all crops of a frame, frame by frame', len(plain), frame_by_frame, size),
    ]
    for kept in (8, data.frames // 3, data.frames):
        episodes = tasks(data, kept)
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
    """Time passes of each in turn; the first one warms up and tells what is decoded."""
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


def page(speeds: Sequence[Speed], data: Data, what: str) -> str:
    """Tables and sentences in Markdown."""
    frames, files = speeds[0].crops_per_second, speeds[-2].crops_per_second
    rows = [
        [
            f'{each.name}: {each.source}',
            f'{each.crops_per_second:,.0f}',
            f'{each.decoded:.2f}',
            f'{each.memory:,.0f}',
            f'{each.crops_per_second / frames:.1f}x',
            f'{each.crops_per_second / files:.1f}x',
        ]
        for each in speeds
    ]
    header = ['', 'crops/s', 'images decoded a crop', 'MiB kept', 'to mmtrack, frames']
    return f"""\
{what}, {data.images} images that follow each other over {data.frames:,} frames with names of their
own; the same boxes for all, made into {SCALE[0]}x{SCALE[1]} pixels on one core (processor time of
one thread, median of the passes).

{table([*header, "to mmtrack's config, files"], rows)}
- **mmtrack, a frame for each crop**: its `ReIDDataset` with `LoadImageFromFile`, a transform that
  takes the samples of `LoadCrop`, and `PackReIDInputs`. The pixels are those of ours, bit by bit.
- **ours, frame by frame**: `MOTCropDataset` in the order of the frames, each of which is decoded
  once: the pattern of a pass over all boxes.
- **ours, tasks in random order**: `EpisodicDataset` as in the configs, 8 people with 5 crops each,
  with jitter and flips, in the order of a training. People of a task share frames, which are
  decoded once; `max_cached_frames` frames stay for later tasks, in each worker. With all frames
  kept nothing is decoded after the first epoch.
- **mmtrack's config**: crops cut beforehand into JPEG files, and the training pipeline of its
  `mot_challenge_reid.py`: 8 people with 4 crops an item, in single precision, with flips. *The
  least* has neither flips nor single precision, and takes one crop an item.
"""


if __name__ == '__main__':
    main()
