"""Scores of the tracks in a folder against the ground truth in another."""

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..benchmarks import DETECTORS
from ..recognition.reentry import ReentryProtocol
from ..scoring.track_evaluation import evaluate_tracks
from ..sequences import Evaluation
from .track_folders import find_results, find_truth, guess_benchmark, read_sequence


def evaluate_folders(
    gt_dir: str | os.PathLike,
    results_dir: str | os.PathLike,
    benchmark: str | None = None,
    frame_rate: float | None = None,
    names: Collection[str] | None = None,
    protocol: ReentryProtocol | None = None,
) -> Evaluation:
    """Score every sequence that has ground truth.

    Args:
        gt_dir: Ground truth, ``SEQ/gt/gt.txt`` (and ``SEQ/seqinfo.ini``, if there) or ``SEQ.txt``.
        results_dir: Tracks, ``SEQ.txt``. An empty file stands for no track at all.
        benchmark: ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` for their preprocessing, ``'MOT15'`` for
            none; None takes what follows from the ground truth, see
            :func:`~.track_folders.guess_benchmark`.
        frame_rate: Frames per second of sequences without ``seqinfo.ini``. Re-entries are
            counted only if a frame rate is known.
        names: Sequences to be scored; None for all that have ground truth. Of sequences that
            differ by detector (``MOT17-02-DPM``), those without results are then left out.
        protocol: Definition of a re-entry; None for its defaults.

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
        read_sequence(name, truth[name], results[name], frame_rate)
        for name in truth
        if name in names
    ]
    evaluation = evaluate_tracks(sequences, benchmark or guess_benchmark(sequences), protocol)
    notes = [
        *_said('Not scored, without results or not asked for', truth.keys() - set(names)),
        *_said('Not scored, without ground truth', results.keys() - truth.keys()),
        *evaluation.notes,
        *_said(
            'Identity after absences not counted, frame rate unknown (no seqinfo.ini; give --fps)',
            [name for name, each in evaluation.sequences.items() if each.reentry is None],
        ),
    ]
    return replace(evaluation, notes=notes)


def files_read(gt_dir: str | os.PathLike, results_dir: str | os.PathLike) -> list[Path]:
    """List the files that :func:`evaluate_folders` may read: tracks, ground truth, frame rates."""
    patterns = '*.txt', '*/gt/gt.txt', '*/seqinfo.ini'
    return [
        path
        for folder in (gt_dir, results_dir)
        for each in patterns
        for path in Path(folder).glob(each)
    ]


def _with_results(truth: Collection[str], results: Collection[str]) -> list[str]:
    """List sequences with results, and those that are missed when they have none."""
    tracked = {_video(name) for name in truth if name in results}
    return [name for name in truth if name in results or _video(name) not in tracked]


def _video(name: str) -> str:
    """Name the video, which several sequences show if they differ by detector."""
    video, _, detector = name.rpartition('-')
    return video if detector in DETECTORS else name


def _check_there(names: Collection[str], found: Collection[str], folder: Path, what: str) -> None:
    if missing := sorted(set(names) - set(found)):
        hint = ' (an empty file stands for no track at all)' if what == 'results' else ''
        raise FileNotFoundError(
            f'{folder} holds no {what} of {", ".join(missing)}{hint}; it holds those of '
            f'{", ".join(sorted(found)[:5])}{", ..." if len(found) > 5 else ""}'
        )


def _said(what: str, names: Collection[str]) -> list[str]:
    return [f'{what}: {", ".join(sorted(names))}'] if names else []
