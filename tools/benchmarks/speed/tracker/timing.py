"""Timing of trackers on the same frames, and of the stages of ours."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.appearance.track_appearance import TrackAppearance
from mmmaml.models.trackers.association.appearance_stage import AppearanceStage
from mmmaml.models.trackers.association.fusion_stages import FusionStage, TentativeFusionStage
from mmmaml.models.trackers.association.overlap_stages import (
    LowScoresStage,
    OverlapStage,
    TentativeStage,
)
from mmmaml.models.trackers.association.reentry_stage import ReentryStage
from mmmaml.models.trackers.tracks.track_pool import TrackPool
from mmmaml.utils.mot_files import FRAME, HEIGHT, ID, LEFT, NUM_COLUMNS, SCORE, WIDTH
from tools.benchmarks.common.contestants import Contestant
from tools.benchmarks.common.simulated_detections import SimulatedFrame

WARM_UP = 30
"""Frames that each tracker sees before the clock starts."""

STAGES: dict[str, list[tuple[type, str]]] = {
    'checks': [(OnlineMetaTracker, '_check')],
    'motion': [(TrackPool, 'advance')],
    'camera motion': [(OnlineMetaTracker, '_check_camera'), (OnlineMetaTracker, '_follow_camera')],
    'adaptation fit': [(TrackAppearance, 'adapt')],
    'appearance matching': [(AppearanceStage, 'match'), (FusionStage, 'match')],
    'overlap matching': [
        (OverlapStage, 'match'),
        (LowScoresStage, 'match'),
        (TentativeStage, 'match'),
        (TentativeFusionStage, 'match'),
    ],
    're-entry': [(ReentryStage, 'match')],
    'update': [
        (TrackPool, 'update'),
        (TrackPool, 'start'),
        (TrackAppearance, 'learn'),
        (OnlineMetaTracker, '_reported_ids'),
        (TrackPool, 'retire'),
    ],
}
"""Methods that ``OnlineMetaTracker.step`` calls, in its order."""


@dataclass(frozen=True)
class Run:
    """Time and tracks of a tracker.

    Attributes:
        milliseconds: A frame, on average; of each frame the median over the passes.
        tracks: (R, 9) rows in MOT layout.
    """

    milliseconds: float
    tracks: np.ndarray


def measure(
    contestants: Sequence[Contestant], frames: Sequence[SimulatedFrame], repeats: int
) -> dict[str, Run]:
    """Run trackers over a video, one pass of each in turn.

    The median over passes leaves out other work of the machine. All but the trackers' own work
    is done before the clock starts.

    Args:
        contestants: The trackers.
        frames: The video.
        repeats: Passes of each tracker.
    """
    prepared = [[each.prepare(frame) for frame in frames] for each in contestants]
    seconds = np.zeros((len(contestants), repeats, len(frames)))
    tracks: list[np.ndarray] = []
    for each, steps in zip(contestants, prepared, strict=True):
        each.reset()
        outputs, _ = timed_pass(steps[:WARM_UP])
        del outputs
    with frozen_garbage():
        for repeat in range(repeats):
            for number, (each, steps) in enumerate(zip(contestants, prepared, strict=True)):
                each.reset()
                outputs, seconds[number, repeat] = timed_pass(steps)
                if repeat == 0:
                    tracks.append(track_rows(each, frames, outputs))
    mean = 1000 * np.median(seconds, axis=1).mean(axis=1)
    return {
        each.name: Run(float(mean[number]), tracks[number])
        for number, each in enumerate(contestants)
    }


def timed_pass(steps: Sequence[Callable[[], Any]]) -> tuple[list[Any], np.ndarray]:
    """Make the calls of a video; return their outputs and seconds."""
    outputs, seconds = [], np.zeros(len(steps))
    for number, step in enumerate(steps):
        start = time.thread_time()
        output = step()
        seconds[number] = time.thread_time() - start
        outputs.append(output)
    return outputs, seconds


@contextmanager
def frozen_garbage() -> Iterator[None]:
    """Keep prepared inputs out of the garbage collections that trackers cause."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def track_rows(
    contestant: Contestant, frames: Sequence[SimulatedFrame], outputs: Sequence[Any]
) -> np.ndarray:
    """Return the reports of a tracker as rows (R, 9) in MOT layout."""
    parts = [
        mot_rows(frame, *contestant.tracks(frame, output))
        for frame, output in zip(frames, outputs, strict=True)
    ]
    return np.concatenate(parts)


def mot_rows(frame: SimulatedFrame, boxes: Any, ids: Any) -> np.ndarray:
    """Return rows (P, 9) of boxes (P, 4) xyxy with ids (P,) in a frame."""
    corners = np.asarray(boxes, dtype=np.float64)
    rows = np.full((len(corners), NUM_COLUMNS), -1.0)
    rows[:, FRAME], rows[:, SCORE] = frame.number, 1
    rows[:, ID] = np.asarray(ids)
    rows[:, LEFT:WIDTH] = corners[:, :2]
    rows[:, WIDTH : HEIGHT + 1] = corners[:, 2:] - corners[:, :2]
    return rows


def measure_stages(
    contestant: Contestant, frames: Sequence[SimulatedFrame], repeats: int
) -> dict[str, float]:
    """Time each stage of an ``OnlineMetaTracker`` in milliseconds a frame, by ``STAGES``.

    Measured apart from the total, as the clock of the stages costs a little itself.
    """
    steps = [contestant.prepare(frame) for frame in frames]
    passes = np.zeros((repeats, len(frames), len(STAGES)))
    contestant.reset()
    timed_pass(steps[:WARM_UP])
    with frozen_garbage():
        for repeat in range(repeats):
            contestant.reset()
            with stage_clock() as clock:
                for number, step in enumerate(steps):
                    clock[:] = 0
                    step()
                    passes[repeat, number] = clock
    mean = 1000 * np.median(passes, axis=0).mean(axis=0)
    return dict(zip(STAGES, mean.tolist(), strict=True))


@contextmanager
def stage_clock() -> Iterator[np.ndarray]:
    """Add up seconds spent in each stage in an array, until the caller clears it."""
    clock = np.zeros(len(STAGES))
    with ExitStack() as stack:
        for number, parts in enumerate(STAGES.values()):
            for owner, name in parts:
                replacement = _timed(getattr(owner, name), clock, number)
                stack.enter_context(mock.patch.object(owner, name, replacement))
        yield clock


def _timed(function: Callable[..., Any], clock: np.ndarray, number: int) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            clock[number] += time.thread_time() - start

    return timed
