"""Checks of MOTChallenge rows that name the sequence, the frame and the identity at fault."""

import numpy as np

from ..utils.mot_files import CLASS, CLASSES, FRAME, ID, PEDESTRIAN, SCORE, repeated_pairs

BENCHMARKS = ('MOT15', 'MOT16', 'MOT17', 'MOT20')


def check_benchmark(benchmark: str) -> None:
    """Refuse a benchmark whose preprocessing TrackEval does not know."""
    if benchmark not in BENCHMARKS:
        raise ValueError(
            f'benchmark={benchmark!r} is unknown, expected one of {", ".join(BENCHMARKS)} '
            '(MOT15 compares all boxes, the others leave distractors out)'
        )


def check_ground_truth(name: str, rows: np.ndarray, num_frames: int, benchmark: str) -> None:
    """Refuse ground truth that TrackEval would reject or silently misread.

    Args:
        name: Name of the sequence, for the message.
        rows: (R, >= 8) rows of ``gt.txt``.
        num_frames: Number of frames of the sequence.
        benchmark: One of ``BENCHMARKS``; MOT15 has no classes.

    Raises:
        ValueError: A row is unusable; the message names sequence, frame and id.
    """
    what = f'ground truth of {name}'
    _check_rows(what, rows, num_frames, columns=CLASS + 1)
    flags = rows[:, SCORE]
    _refuse(
        what,
        rows,
        flags != np.round(flags),
        'has considered flag {:g}, expected 0 (ignored) or 1',
        SCORE,
    )
    if benchmark == 'MOT15':
        return
    classes = rows[:, CLASS]
    bad = (classes != np.round(classes)) | (classes < PEDESTRIAN) | (classes > len(CLASSES))
    _refuse(
        what,
        rows,
        bad,
        f'has class {{:g}}, expected 1 to {len(CLASSES)} (benchmark="MOT15" compares boxes '
        'without classes)',
        CLASS,
    )


def check_results(name: str, rows: np.ndarray, num_frames: int) -> None:
    """Refuse tracks that TrackEval would reject or silently misread.

    Args:
        name: Name of the sequence, for the message.
        rows: (R, >= 7) rows of a result file.
        num_frames: Number of frames of the sequence.

    Raises:
        ValueError: A row is unusable; the message names sequence, frame and id.
    """
    what = f'tracks of {name}'
    _check_rows(what, rows, num_frames, columns=SCORE + 1)
    if rows.shape[1] > CLASS:
        bad = rows[:, CLASS] > PEDESTRIAN
        _refuse(what, rows, bad, 'has class {:g}: only pedestrians (1, or -1) are scored', CLASS)


def _check_rows(what: str, rows: np.ndarray, num_frames: int, columns: int) -> None:
    if rows.ndim != 2 or rows.shape[1] < columns:
        raise ValueError(f'{what}: shape {rows.shape}, expected (rows, at least {columns})')
    # Frame and id first, so that the later messages can name them.
    for column, unit in ((FRAME, 'frame'), (ID, 'id')):
        values = rows[:, column]
        if (bad := ~np.isfinite(values) | (values != np.round(values))).any():
            row = int(bad.argmax())
            raise ValueError(f'{what}, row {row}: {unit} {values[row]} is not a whole number')
    _refuse(what, rows, ~np.isfinite(rows).all(1), 'holds a value that is not finite')
    outside = (rows[:, FRAME] < 1) | (rows[:, FRAME] > num_frames)
    _refuse(what, rows, outside, f'lies outside the {num_frames} frames (counted from 1)')
    _refuse(what, rows, rows[:, ID] < 0, 'has a negative id: leave boxes without identity out')
    _refuse(
        what, rows, repeated_pairs(rows[:, [FRAME, ID]]), 'occurs more than once in this frame'
    )


def _refuse(
    what: str, rows: np.ndarray, bad: np.ndarray, reason: str, column: int | None = None
) -> None:
    """Raise for the first row of ``rows`` that is ``bad``."""
    if not bad.any():
        return
    row = rows[bad.argmax()]
    value = '' if column is None else row[column]
    raise ValueError(
        f'{what}, frame {int(row[FRAME])}, id {int(row[ID])} '
        f'{reason.format(value)} ({int(bad.sum())} such rows)'
    )
