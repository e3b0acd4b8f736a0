"""Speed and identities of OnlineMetaTracker beside the trackers of mmdet and mmtrack.

All get the same simulated detections and embeddings of ground truth in MOT layout, on one thread.
Prints Markdown; docs/speed.md is such a page.
"""

import argparse
import json
import statistics
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmmaml.command_line import on_interrupt  # isort: skip

import cv2
import numpy as np
import psutil
import torch
from simulated_detections import (
    FRAME_RATE,
    Noise,
    Video,
    coming_and_going,
    crowd,
    read_video,
    simulate,
)
from speed_page import page
from tracker_contestants import ADAPTED, DEEPSORT, OURS, contestants
from tracker_timing import measure, measure_stages, mot_rows

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils import register_all_modules, write_text

CROWD_FRAMES = 100
GROWTH_FRAMES = (1_000, 10_000, 50_000)
GROWTH_IN_VIEW = 20
GROWTH_WINDOW = 500
"""Frames at the end of each length over which time is averaged."""

Results = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('gt', nargs='*', type=Path, help='MOT gt.txt files or sequence folders')
    parser.add_argument('--repeats', type=int, default=3, help='passes of each tracker')
    parser.add_argument('--frames', type=int, help='use the first frames of each video only')
    parser.add_argument('--crowd', type=int, metavar='N', help='also N people walking at random')
    parser.add_argument(
        '--growth', action='store_true', help='also time and memory of long videos'
    )
    parser.add_argument('--seed', type=int, default=0, help='of all random numbers')
    parser.add_argument('--out', type=Path, help='write the page here too')
    parser.add_argument('--json', type=Path, help='write the numbers here too')
    args = parser.parse_args(argv)
    on_interrupt('the page and the numbers are written at the end')
    if not (args.gt or args.crowd or args.growth):
        parser.error('nothing to do: give ground truth files, --crowd N or --growth')
    for name in ('repeats', 'frames', 'crowd'):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f'--{name} {value} must be at least 1')
    try:
        videos = [read_video(path, Noise(), args.seed, args.frames) for path in args.gt]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with one_thread():
        results = benchmark(videos, args.crowd, args.growth, args.repeats, args.seed)
    text = page(results, command(args), args.repeats)
    print(text)
    if args.out is not None:
        write_text(args.out, text)
    if args.json is not None:
        write_text(args.json, json.dumps(results, indent=1) + '\n')


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch and OpenCV to one thread."""
    threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads[0])
        cv2.setNumThreads(threads[1])


def command(args: argparse.Namespace) -> str:
    """The command that makes the page, ground truth by its name alone."""
    parts = ['python tools/analysis_tools/benchmark_tracker.py']
    parts += [path.name for path in args.gt]
    for name in ('frames', 'crowd'):
        parts += [f'--{name} {getattr(args, name)}'] if getattr(args, name) else []
    parts += ['--growth'] if args.growth else []
    parts += [f'--repeats {args.repeats}', f'--seed {args.seed}', '--out docs/speed.md']
    return ' '.join(parts)


def benchmark(
    videos: Sequence[Video], crowd_size: int | None, growth: bool, repeats: int, seed: int
) -> Results:
    """All measurements.

    Args:
        videos: To run all trackers on.
        crowd_size: People in the crowd; None leaves it out.
        growth: Whether to measure long videos.
        repeats: Passes of each tracker.
        seed: Of the random numbers.
    """
    register_all_modules()
    results: Results = {'videos': {}}
    if growth:  # first, while the process is small
        results['growth'] = measure_growth(GROWTH_FRAMES, GROWTH_IN_VIEW, seed)
    for video in videos:
        results['videos'][video.name] = measure_video(video, repeats, seed)
    if crowd_size:
        truth = crowd(crowd_size, CROWD_FRAMES, seed)
        name = f'{crowd_size} people walking at random'
        video = Video(name, FRAME_RATE, truth, simulate(truth, Noise(), seed))
        results['crowd'] = {
            name: measure_video(video, repeats, seed, names=(OURS, ADAPTED, DEEPSORT))
        }
    return results


def measure_video(
    video: Video, repeats: int, seed: int, names: Sequence[str] | None = None
) -> Results:
    """Time and scores of trackers on one video.

    Args:
        video: The video.
        repeats: Passes of each tracker.
        seed: Of the training identities of the adapted head.
        names: Trackers to run; None runs all that are installed.
    """
    noise = Noise()
    trackers = list(contestants(video.frame_rate, noise, seed, names))
    runs = measure(trackers, video.frames, repeats)
    truth = [mot_rows(frame, frame.boxes, frame.identities) for frame in video.frames]
    return {
        'frames': len(video.frames),
        'objects': video.mean_objects(),
        'true identities': scores(video, np.concatenate(truth)),
        'trackers': {
            name: {'ms': run.milliseconds, **scores(video, run.tracks)}
            for name, run in runs.items()
        },
        'stages': {
            each.name: measure_stages(each, video.frames, repeats)
            for each in trackers
            if isinstance(each.tracker, OnlineMetaTracker)
        },
    }


def scores(video: Video, tracks: np.ndarray) -> dict[str, float]:
    """IDF1, HOTA (fractions) and IDs of tracks (R, 9) by TrackEval."""
    sequence = TrackedSequence(video.name, video.truth, tracks, len(video.frames))
    overall = evaluate_tracks([sequence]).overall
    return {name: overall[name] for name in ('IDF1', 'HOTA', 'IDs')}


def measure_growth(lengths: Sequence[int], in_view: int, seed: int) -> Results:
    """Time per frame and memory of our trackers as a video grows longer.

    Args:
        lengths: Frames after which to look, ascending.
        in_view: People in view.
        seed: Of the random numbers.

    Returns:
        By tracker and length: ``ms`` a frame over the last ``GROWTH_WINDOW`` frames, ``MiB``
        resident in memory, ``people`` seen so far.
    """
    noise = Noise()
    results: Results = {}
    for each in contestants(FRAME_RATE, noise, seed, (OURS, ADAPTED)):
        results[each.name] = rows = {}
        seconds: deque[float] = deque(maxlen=GROWTH_WINDOW)
        for frame in coming_and_going(in_view, lengths[-1], noise, seed):
            step = each.prepare(frame)
            start = time.thread_time()
            step()
            seconds.append(time.thread_time() - start)
            if frame.number in lengths:
                rows[str(frame.number)] = {
                    'ms': 1000 * statistics.median(seconds),
                    'MiB': psutil.Process().memory_info().rss / 2**20,
                    'people': int(frame.identities.max()),
                }
    return results


if __name__ == '__main__':
    main()
