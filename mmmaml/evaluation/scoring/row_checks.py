"""Checks of MOTChallenge rows that name the file, the line, the frame and the identity."""

from typing import NamedTuple

import numpy as np

from ...utils.mot_files import (
    CLASS,
    CLASSES,
    FRAME,
    HEIGHT,
    ID,
    PEDESTRIAN,
    SCORE,
    WIDTH,
    repeated_pairs,
)
from ..sequences import RowFile, TrackedSequence


class Rows(NamedTuple):
    """Rows that are checked.

    Attributes:
        what: Their name in messages.
        values: (R, C) float64.
        file: The file they are from, if any.
    """

    what: str
    values: np.ndarray
    file: RowFile | None

    def place(self, row: int) -> str:
        """Name a row by file and line, if they are known."""
        return f'{self.file.place(row)}: {self.what}' if self.file else self.what

    def refuse(self, bad: np.ndarray, reason: str, column: int | None = None) -> None:
        """Raise for the first of the rows that are ``bad`` (R,)."""
        if not bad.any():
            return
        first = int(bad.argmax())
        row = self.values[first]
        value = '' if column is None else row[column]
        raise ValueError(
            f'{self.place(first)}, frame {int(row[FRAME])}, id {int(row[ID])} '
            f'{reason.format(value)} ({int(bad.sum())} such rows)'
        )


def check_sequence(sequence: TrackedSequence, benchmark: str) -> None:
    """Refuse rows that TrackEval would reject or silently misread.

    Args:
        sequence: The sequence.
        benchmark: One of ``BENCHMARKS``; MOT15 has no classes.

    Raises:
        ValueError: A row is unusable; the message names file and line if they are known, and
            sequence, frame and id.
    """
    truth = Rows(f'ground truth of {sequence.name}', sequence.gt, sequence.gt_file)
    check_truth_rows(truth, sequence.num_frames, benchmark)
    tracks = Rows(f'tracks of {sequence.name}', sequence.results, sequence.results_file)
    check_track_rows(tracks, sequence.num_frames)


def check_truth_rows(rows: Rows, num_frames: int, benchmark: str) -> None:
    """Refuse ground truth as :func:`check_sequence` does."""
    _check_rows(rows, num_frames)
    flags = rows.values[:, SCORE]
    rows.refuse(
        flags != np.round(flags),
        'has considered flag {:g} in column 7, which TrackEval would cut to a whole number: write '
        '1 for boxes that count, 0 for ignored ones',
        SCORE,
    )
    if benchmark == 'MOT15':
        return
    classes = rows.values[:, CLASS]
    bad = (classes != np.round(classes)) | (classes < PEDESTRIAN) | (classes > len(CLASSES))
    rows.refuse(
        bad,
        f'has class {{:g}}, expected 1 to {len(CLASSES)} (benchmark="MOT15" compares boxes '
        'without classes)',
        CLASS,
    )


def check_track_rows(rows: Rows, num_frames: int) -> None:
    """Refuse tracks as :func:`check_sequence` does."""
    _check_rows(rows, num_frames)
    if rows.values.shape[1] > CLASS:
        bad = rows.values[:, CLASS] > PEDESTRIAN
        rows.refuse(bad, 'has class {:g}: only pedestrians (1, or -1) are scored', CLASS)


def _check_rows(rows: Rows, num_frames: int) -> None:
    values = rows.values
    # Frame and id first, so that the later messages can name them.
    for column, unit in ((FRAME, 'frame'), (ID, 'id')):
        numbers = values[:, column]
        if (bad := ~np.isfinite(numbers) | (numbers != np.round(numbers))).any():
            row = int(bad.argmax())
            raise ValueError(
                f'{rows.place(row)}, row {row}: {unit} {numbers[row]} is not a whole number'
            )
    rows.refuse(~np.isfinite(values).all(1), 'holds a value that is not finite')
    outside = (values[:, FRAME] < 1) | (values[:, FRAME] > num_frames)
    rows.refuse(outside, f'lies outside the {num_frames} frames (counted from 1)')
    rows.refuse(values[:, ID] < 0, 'has a negative id: leave boxes without identity out')
    rows.refuse(
        values[:, [WIDTH, HEIGHT]].min(axis=1) < 0,
        'has a box of negative width or height: give left, top, width, height, not corners',
    )
    rows.refuse(repeated_pairs(values[:, [FRAME, ID]]), 'occurs more than once in this frame')
