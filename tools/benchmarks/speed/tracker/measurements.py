"""Measurements of trackers on videos, in a crowd and over long videos."""

import statistics
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils import register_all_modules
from tools.benchmarks.common.contestants import ADAPTED, DEEPSORT, OURS, contestants
from tools.benchmarks.common.simulated_detections import (
    FRAME_RATE,
    Noise,
    Video,
    coming_and_going,
    crowd,
    simulate,
)
from tools.benchmarks.speed.tracker.timing import measure, measure_stages, mot_rows

CROWD_FRAMES = 100
GROWTH_FRAMES = (1_000, 10_000, 50_000)
GROWTH_IN_VIEW = 20
GROWTH_WINDOW = 500
"""Frames at the end of each length over which time is averaged."""

Results = dict[str, Any]


def benchmark(
    videos: Sequence[Video], crowd_size: int | None, growth: bool, repeats: int, seed: int
) -> Results:
    """Make all measurements.

    Args:
        videos: To run all trackers on.
        crowd_size: People in the crowd; None leaves it out.
        growth: Measure long videos, too.
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
    """Time and score trackers on one video.

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
    """Return IDF1, HOTA (fractions) and IDs of tracks (R, 9) by TrackEval."""
    sequence = TrackedSequence(video.name, video.truth, tracks, len(video.frames))
    overall = evaluate_tracks([sequence]).overall
    return {name: overall[name] for name in ('IDF1', 'HOTA', 'IDs')}


def measure_growth(lengths: Sequence[int], in_view: int, seed: int) -> Results:
    """Measure time and memory of our trackers as a video grows longer.

    Args:
        lengths: Numbers of frames to measure at, ascending.
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
