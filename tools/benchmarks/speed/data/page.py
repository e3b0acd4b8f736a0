"""Section on the speed of the data."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.benchmarks.common.clocks import one_thread
from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table
from tools.benchmarks.speed.data.pipelines import SCALE, Data, generated_sequence, lengthen
from tools.benchmarks.speed.data.timing import Speed, all_works, time_all

FRAMES, REPEATS = 120, 5


def section(preset: Preset) -> str:
    """Write the section of the page of reliability."""
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
    """Run all pipelines over the same boxes, pass by pass in turn, and lay out their speeds.

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
    subject = 'A generated sequence' if sequences is None else ', '.join(p.name for p in given)
    return page(speeds, data, subject)


def page(speeds: Sequence[Speed], data: Data, subject: str) -> str:
    """Lay out tables and sentences in Markdown."""
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
{subject}, {data.images} images that follow each other over {data.frames:,} frames with names of
their own; the same boxes for all, made into {SCALE[0]}x{SCALE[1]} pixels on one core (processor
time of one thread, median of the passes).

{table([*header, "to mmtrack's config, files"], rows)}
- **mmtrack, a frame for each crop**: its `ReIDDataset` with `LoadImageFromFile`, a transform that
  takes the samples of `LoadCrop`, and `PackReIDInputs`. The pixels are those of ours, bit by bit.
- **ours, frame by frame**: `MOTCropDataset` in the order of the frames, each of which is decoded
  once: the pattern of a pass over all boxes.
- **ours, tasks in random order**: `EpisodicDataset` as in the configs, 8 people with 5 crops each,
  with jitter and flips, in the order of a training. People of a task share frames, which are
  decoded once; `max_cached_mb` of frames stay for later tasks, in each worker. With all frames
  kept nothing is decoded after the first epoch.
- **mmtrack's config**: crops cut beforehand into JPEG files, and the training pipeline of its
  `mot_challenge_reid.py`: 8 people with 4 crops an item, in single precision, with flips. *The
  least* has neither flips nor single precision, and takes one crop an item.
"""
