"""Scores of the tracks in a folder against the ground truth in another."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from .benchmarks import DETECTORS
from .reentry import Kept, ReentryProtocol, reentry_rate
from .track_evaluation import TrackEvaluation, evaluate_tracks
from .track_folders import (
    TrackedSequence,
    find_results,
    find_truth,
    guess_benchmark,
    read_sequence,
)


@dataclass(frozen=True)
class FolderEvaluation:
    """What was found.

    Attributes:
        benchmark: Whose preprocessing was applied.
        evaluation: Scores and events.
        reentry: Sequence to its returns after absences; without those of unknown frame rate.
        notes: What was left out and why, a sentence each.
    """

    benchmark: str
    evaluation: TrackEvaluation
    reentry: dict[str, dict[float, Kept]]
    notes: list[str]


def evaluate_folders(
    gt_dir: str | os.PathLike,
    results_dir: str | os.PathLike,
    benchmark: str | None = None,
    frame_rate: float | None = None,
    names: Collection[str] | None = None,
    protocol: ReentryProtocol | None = None,
) -> FolderEvaluation:
    """Score every sequence that has ground truth.

    Args:
        gt_dir: Ground truth, ``SEQ/gt/gt.txt`` (and ``SEQ/seqinfo.ini``, if there) or ``SEQ.txt``.
        results_dir: Tracks, ``SEQ.txt``. An empty file stands for no track at all.
        benchmark: ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` for their preprocessing, ``'MOT15'`` for
            none; None takes what the ground truth looks like, see
            :func:`~.track_folders.guess_benchmark`.
        frame_rate: Frames per second of sequences without ``seqinfo.ini``. Returns after
            absences are counted only where a frame rate is known.
        names: Sequences to be scored; None for all that have ground truth. Of sequences that
            differ by detector (``MOT17-02-DPM``), those without results are then left out.
        protocol: What counts as a return; None for its defaults.

    Raises:
        FileNotFoundError: A folder is missing or empty, or a sequence lacks one of its files.
        ValueError: Rows are unusable; the message names file and line, or frame and id.
    """
    if frame_rate is not None and not 0 < frame_rate < float('inf'):
        raise ValueError(f'frame_rate={frame_rate} must be greater than 0 frames per second')
    truth, results = find_truth(gt_dir), find_results(results_dir)
    if names is None:
        names = _with_results(truth, results)
    _check_there(names, truth, Path(gt_dir), 'ground truth')
    _check_there(names, results, Path(results_dir), 'results')
    sequences = [
        read_sequence(name, truth[name], results[name]) for name in truth if name in names
    ]
    benchmark = benchmark or guess_benchmark(sequences)
    evaluation = evaluate_tracks(
        {each.name: each.gt for each in sequences},
        {each.name: each.results for each in sequences},
        {each.name: each.num_frames for each in sequences},
        benchmark,
    )
    returns = {}
    for each in sequences:
        if rate := each.frame_rate or frame_rate:
            returns[each.name] = reentry_rate(
                evaluation.events[each.name], each.gt, rate, protocol
            )
    notes = _notes(sequences, returns, truth.keys() - set(names), results.keys() - truth.keys())
    return FolderEvaluation(benchmark, evaluation, returns, notes)


def _with_results(truth: Collection[str], results: Collection[str]) -> list[str]:
    """Sequences with results, and those that cannot be missed without being noticed."""
    tracked = {_video(name) for name in truth if name in results}
    return [name for name in truth if name in results or _video(name) not in tracked]


def _video(name: str) -> str:
    """Name of the video, which several sequences show where they differ by detector."""
    video, _, detector = name.rpartition('-')
    return video if detector in DETECTORS else name


def _check_there(names: Collection[str], found: Collection[str], folder: Path, what: str) -> None:
    if missing := sorted(set(names) - set(found)):
        hint = ' (an empty file stands for no track at all)' if what == 'results' else ''
        raise FileNotFoundError(
            f'{folder} holds no {what} of {", ".join(missing)}{hint}; it holds those of '
            f'{", ".join(sorted(found)[:5])}{", ..." if len(found) > 5 else ""}'
        )


def _notes(
    sequences: list[TrackedSequence],
    returns: Collection[str],
    unscored: Collection[str],
    unknown: Collection[str],
) -> list[str]:
    said = {
        'Not scored, without results or not asked for': sorted(unscored),
        'Not scored, without ground truth': sorted(unknown),
        'Boxes without identity (id < 0) left out of the ground truth': [
            f'{each.num_unidentified} of {each.name}'
            for each in sequences
            if each.num_unidentified
        ],
        'Identity after absences not counted, frame rate unknown (no seqinfo.ini; give --fps)': [
            each.name for each in sequences if each.name not in returns
        ],
    }
    return [f'{what}: {", ".join(names)}' for what, names in said.items() if names]
