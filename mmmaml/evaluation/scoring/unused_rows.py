"""Rows that are read and do not count: counted with the reason, refused if all are so."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...utils.mot_files import (
    CLASS,
    CLASSES,
    FRAME,
    HEIGHT,
    ID,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
)
from ..sequences import TrackedSequence

Counts = dict[str, int]
"""Reason to number of rows or people; a number of 0 is not said."""

_FLAG = 'Ground truth that does not count, flag 0'
_COLUMN_9 = 'Rows whose column 9 is no visibility (0..1), not used'
_OTHER_CLASS = 'Ground truth that does not count, class other than pedestrian'


def without_unidentified(sequence: TrackedSequence) -> TrackedSequence:
    """Leave out the boxes of the ground truth without identity (id < 0).

    They cannot be scored as tracks: they are no misses, and a track on one is a false positive.
    """
    known = ~(sequence.gt[:, ID] < 0)
    if known.all():
        return sequence
    gt_file = sequence.gt_file and sequence.gt_file.take(known)
    return replace(sequence, gt=sequence.gt[known], gt_file=gt_file)


def with_visibility(sequence: TrackedSequence) -> TrackedSequence:
    """Set the visibility to −1 if the file has something else in that column.

    MOT15 has world coordinates there, which leave 0..1.
    """
    if not _no_visibility(sequence.gt).any():
        return sequence
    gt = sequence.gt.copy()
    gt[:, VISIBILITY] = -1
    return replace(sequence, gt=gt)


def check_some_count(sequences: Iterable[TrackedSequence], benchmark: str) -> None:
    """Refuse ground truth of which no box counts in any sequence.

    Every tracked box would be a false positive, and MOTA minus their number.

    Raises:
        ValueError: The message names the reasons, and the files if they are known.
    """
    reasons = []
    for each in sequences:
        if counting_rows(each.gt, benchmark).any():
            return
        where = each.gt_file.path if each.gt_file else f'the ground truth of {each.name}'
        said = ', '.join(
            f'{count} {words}'
            for count, words in (
                (int((each.gt[:, SCORE] == 0).sum()), 'with flag 0 (column 7)'),
                (int(_other_class(each.gt, benchmark).sum()), 'of another class (column 8)'),
            )
            if count
        )
        reasons.append(f'{where} holds {said or "no box with an identity"}')
    raise ValueError(
        f'no box of the ground truth counts: {"; ".join(reasons)}. Flag 1 and, except on MOT15, '
        f'class {PEDESTRIAN} mark people who count (the benchmark here is {benchmark})'
    )


def unused_truth(sequence: TrackedSequence, benchmark: str) -> Counts:
    """Count what is not used of the ground truth as it was read."""
    rows = sequence.gt
    known = rows[rows[:, ID] >= 0]
    ignored = known[:, SCORE] == 0
    people = set(known[:, ID]) - set(known[counting_rows(known, benchmark), ID])
    empty = (known[:, [WIDTH, HEIGHT]] == 0).any(1) & counting_rows(known, benchmark)
    return {
        'Boxes without identity (id < 0) left out of the ground truth': len(rows) - len(known),
        _FLAG: int(ignored.sum()),
        _OTHER_CLASS: int(_other_class(known, benchmark).sum()),
        'People none of whose boxes counts': len(people),
        'Ground truth without width or height, which nothing can match': int(empty.sum()),
        **_unused_columns(known, benchmark),
    }


def unused_tracks(sequence: TrackedSequence, num_scored: int, benchmark: str) -> Counts:
    """Count what is not used of the tracks, or cannot match.

    Args:
        sequence: The sequence, without boxes of no identity.
        num_scored: Tracked boxes that the metrics saw.
        benchmark: Name of the preprocessing.
    """
    rows = sequence.results
    frames = sequence.gt[counting_rows(sequence.gt, benchmark), FRAME]
    outside = (rows[:, FRAME] < frames.min(initial=np.inf)) | (
        rows[:, FRAME] > frames.max(initial=0)
    )
    return {
        'Tracked boxes left out, on a distractor': len(rows) - num_scored,
        'Tracked boxes without width or height, which match nobody': int(
            (rows[:, [WIDTH, HEIGHT]] == 0).any(1).sum()
        ),
        'Tracked boxes before the first or after the last frame with a person who counts': int(
            outside.sum()
        ),
    }


def said(counts: dict[str, Counts]) -> list[str]:
    """Turn counts by sequence into a sentence for each reason."""
    reasons = {reason: None for each in counts.values() for reason in each}
    sentences = []
    for reason in reasons:
        parts = [f'{c[reason]} of {name}' for name, c in counts.items() if c.get(reason)]
        if parts:
            sentences.append(f'{reason}: {", ".join(parts)}')
    return sentences


def one_sided(sequences: Iterable[TrackedSequence], benchmark: str) -> list[str]:
    """Name sequences in which nobody counts, or nothing was tracked, if others have both."""
    sequences = list(sequences)
    nobody = [each.name for each in sequences if not counting_rows(each.gt, benchmark).any()]
    silent = [each.name for each in sequences if not len(each.results)]
    return [
        f'{words}: {", ".join(names)}'
        for words, names in (
            ('No box of the ground truth counts, every track is a false positive', nobody),
            ('Without any track, every person who counts is a miss', silent),
        )
        if names
    ]


def counting_rows(rows: np.ndarray, benchmark: str) -> np.ndarray:
    """Tell the rows (R,) that count: flag other than 0 and, except on MOT15, class pedestrian."""
    counting = rows[:, SCORE] != 0
    return counting if benchmark == 'MOT15' else counting & (rows[:, CLASS] == PEDESTRIAN)


def _other_class(rows: np.ndarray, benchmark: str) -> np.ndarray:
    """Rows (R,) that do not count for their class alone."""
    return (rows[:, SCORE] != 0) & ~counting_rows(rows, benchmark)


def _no_visibility(rows: np.ndarray) -> np.ndarray:
    """Rows (R,) whose ninth column is no visible part; none without such a column."""
    if rows.shape[1] <= VISIBILITY:
        return np.zeros(0, dtype=bool)
    values = rows[:, VISIBILITY]
    return (values != -1) & ((values < 0) | (values > 1))


def _unused_columns(rows: np.ndarray, benchmark: str) -> Counts:
    counts = {_COLUMN_9: int(_no_visibility(rows).sum())}
    if benchmark != 'MOT15':
        return counts
    classes = rows[:, CLASS]
    stated = classes != -1
    are_classes = (classes == np.round(classes)) & (classes >= 1) & (classes <= len(CLASSES))
    if (are_classes | ~stated).all():
        counts['Rows whose class is not used, as MOT15 has none'] = int(stated.sum())
    else:
        counts['Rows whose columns 8 to 10 are not used, world coordinates'] = len(rows)
        counts.pop(_COLUMN_9)
    return counts
