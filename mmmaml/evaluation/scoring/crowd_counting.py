"""Errors of counted people: by density map, by detections, by tracks."""

from collections.abc import Iterable, Mapping

import numpy as np

from ...utils.mot_files import FRAME, HEIGHT, LEFT, TOP, WIDTH
from ..sequences import CountErrors, TrackedSequence
from .unused_rows import counting_rows

METHODS = {'density': '', 'boxes': 'Box', 'tracks': 'Track'}
"""Ways to count, and the beginning of the names of their scores."""


def people_per_frame(rows: np.ndarray, num_frames: int) -> np.ndarray:
    """Count the rows (T,) of each of T frames, from 1."""
    return np.bincount(rows[:, FRAME].astype(np.int64), minlength=num_frames + 1)[1:]


def true_counts(sequence: TrackedSequence, benchmark: str) -> np.ndarray:
    """Count the true people (T,) of each frame.

    They are those of the ground truth that count in ``benchmark`` and have the centre of their
    box in the image; of all, if the size of the image is not known.
    """
    rows = sequence.gt[counting_rows(sequence.gt, benchmark)]
    if sequence.image_size is not None:
        centers = rows[:, LEFT : TOP + 1] + rows[:, WIDTH : HEIGHT + 1] / 2
        rows = rows[((centers >= 0) & (centers < sequence.image_size)).all(axis=1)]
    return people_per_frame(rows, sequence.num_frames)


def count_errors(sequence: TrackedSequence, benchmark: str) -> dict[str, CountErrors] | None:
    """Compare counted with true people, in the frames in which the model counted.

    Returns:
        Errors of ``density``, of ``boxes`` if they are known, and of ``tracks``; None if the
        model did not count.
    """
    if sequence.counts is None:
        return None
    people = true_counts(sequence, benchmark)
    counted = ~np.isnan(sequence.counts.density)
    numbers = {
        'density': sequence.counts.density,
        'boxes': sequence.counts.boxes,
        'tracks': people_per_frame(sequence.results, sequence.num_frames).astype(float),
    }
    errors = {}
    for name, values in numbers.items():
        known = counted & ~np.isnan(values)
        if known.any() or name != 'boxes':
            wrong = values[known] - people[known]
            errors[name] = CountErrors(
                int(known.sum()),
                int(people[known].sum()),
                float(np.abs(wrong).sum()),
                float(wrong.sum()),
            )
    return errors


def sum_counting(sequences: Iterable[Mapping[str, CountErrors] | None]) -> dict[str, CountErrors]:
    """Add up the errors of sequences by way to count; empty if nobody counted."""
    total: dict[str, CountErrors] = {}
    for each in sequences:
        for name, errors in (each or {}).items():
            total[name] = total[name] + errors if name in total else errors
    return total


def counting_scores(total: Mapping[str, CountErrors]) -> dict[str, float]:
    """Name the scores: ``CountMAE``, ``BoxCountMAE``, ``TrackCountMAE``, and so on."""
    return {
        f'{METHODS[name]}Count{score}': value
        for name, errors in total.items()
        for score, value in (
            ('MAE', errors.mae),
            ('Bias', errors.bias),
            ('Relative', errors.relative),
        )
    }
