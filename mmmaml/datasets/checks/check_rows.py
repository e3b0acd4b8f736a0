"""Problems of ``gt.txt`` and ``det.txt``."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from ...utils.mot_files import (
    CLASS,
    CLASSES,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    NUM_COLUMNS,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    read_text,
    repeated_pairs,
)
from ...utils.row_text import Fault, ParsedRows, parse_rows
from .problems import Problem, Severity


@dataclass(frozen=True)
class RowReport:
    """What a file holds and what is wrong with it.

    Attributes:
        problems: In the order of checking.
        num_boxes: Rows that can be used.
        num_identities: Different ids among them.
        num_trainable: Rows of considered, visible pedestrians with an id: what Re-ID learns from.
    """

    problems: list[Problem]
    num_boxes: int
    num_identities: int
    num_trainable: int


def check_truth(path: Path, info: SequenceInfo | None) -> RowReport:
    """Check ``gt.txt`` for what converter and training would make of it.

    Args:
        path: The file.
        info: The sequence, with the frames that can be used; None where it is unknown, which
            leaves out what needs the number of frames or their size.
    """
    parsed = parse_rows(read_text(path))
    report = _Reporter(path, parsed)
    report.problems += _malformed(path, parsed.faults, 'error')
    report.problems += _columns(path, parsed)
    report.check_order()
    used = report.usable(info)
    _check_identities(report, used)
    _check_labels(report, used)
    rows = parsed.rows[used & (parsed.rows[:, ID] >= 0)]
    return RowReport(
        report.problems, int(used.sum()), len(np.unique(rows[:, ID])), int(_trainable(rows).sum())
    )


def check_detections(path: Path, info: SequenceInfo | None) -> list[Problem]:
    """Check ``det.txt``, which only trackers with public detections read: warnings all."""
    parsed = parse_rows(read_text(path))
    report = _Reporter(path, parsed)
    report.usable(info)
    return [*_malformed(path, parsed.faults, 'warning'), *report.problems]


class _Reporter:
    """Collects problems of the rows of one file."""

    def __init__(self, path: Path, parsed: ParsedRows) -> None:
        self.path, self.rows, self.lines = path, parsed.rows, parsed.lines
        self.problems: list[Problem] = []
        if not len(self.rows) and not parsed.faults:
            self.problems.append(Problem('warning', path, 'holds no row'))

    def add(self, severity: Severity, bad: np.ndarray, message: str) -> None:
        """Add a problem of the rows that are ``bad`` (R,), where there are any."""
        if bad.any():
            lines = tuple(self.lines[bad].tolist())
            self.problems.append(Problem(severity, self.path, message, lines))

    def usable(self, info: SequenceInfo | None) -> np.ndarray:
        """Rows of existing frames with a box, (R,) bool; reports the others."""
        rows = self.rows
        used = np.ones(len(rows), dtype=bool)
        if info is not None:
            used = rows[:, FRAME] <= info.num_frames
            self.add(
                'warning', ~used, f'rows after the last frame ({info.num_frames}) are dropped'
            )
        empty = used & (rows[:, WIDTH : HEIGHT + 1] <= 0).any(1)
        self.add('warning', empty, 'boxes without width or height are dropped')
        used &= ~empty
        if info is not None:
            corner = rows[:, LEFT:WIDTH]
            far = corner + rows[:, WIDTH : HEIGHT + 1]
            outside = (far <= 0).any(1) | (corner >= (info.width, info.height)).any(1)
            self.add(
                'warning',
                used & outside,
                f'boxes that lie wholly outside the image of '
                f'{info.width}x{info.height} pixels show nothing',
            )
        return used

    def check_order(self) -> None:
        """Rows are sorted by frame, or by id and then by frame as in MOTChallenge."""
        frame, identity = self.rows[:, FRAME], self.rows[:, ID]
        back = np.diff(frame, prepend=0) < 0
        step = np.diff(identity, prepend=identity[:1])
        back_within = (step < 0) | ((step == 0) & back)
        if back.any() and back_within.any():
            fewer = min(back, back_within, key=np.count_nonzero)
            self.add(
                'warning',
                fewer,
                'rows are sorted neither by frame nor by id and frame; '
                'that is put right on reading',
            )


def _check_identities(report: _Reporter, used: np.ndarray) -> None:
    known = report.rows[:, ID] >= 0
    repeated = np.zeros(len(known), dtype=bool)
    repeated[used & known] = repeated_pairs(report.rows[used & known][:, [FRAME, ID]])
    report.add(
        'error',
        repeated,
        'ids that are in their frame already: a person can be in one place only; remove the '
        'rows, or give boxes without identity the id -1',
    )
    report.add('warning', used & ~known, 'rows without identity (id < 0) serve detection only')


def _check_labels(report: _Reporter, used: np.ndarray) -> None:
    flag, category, visibility = report.rows[:, [SCORE, CLASS, VISIBILITY]].T
    old = category == -1
    report.add(
        'error',
        used & ~np.isin(category, [-1, *range(1, len(CLASSES) + 1)]),
        f'classes (column 8) that are none of 1 to {len(CLASSES)} or -1 (a pedestrian); MOT15 '
        'has world coordinates there: write -1',
    )
    report.add(
        'warning',
        used & ~np.isin(flag, [0, 1]) & ~(old & (flag == -1)),
        'considered flags (column 7) that are neither 0 nor 1: training takes those above 0',
    )
    unstated = visibility == -1
    report.add(
        'warning',
        used & ~unstated & ((visibility < 0) | (visibility > 1)),
        'visible parts (column 9) that are not between 0 and 1',
    )
    report.add(
        'warning',
        used & unstated & ~old,
        'rows with a class, but no visible part (column 9): people count as wholly visible, so '
        'that min_visibility leaves none of them out',
    )


def _trainable(rows: np.ndarray) -> np.ndarray:
    """Pedestrians, considered and visible: what Re-ID can learn from, (R,) bool."""
    flag, category, visibility = rows[:, [SCORE, CLASS, VISIBILITY]].T
    old = category == -1
    considered = (flag > 0) | (old & (flag == -1))
    visible = (visibility > 0) | (visibility == -1)
    return ((category == PEDESTRIAN) | old) & considered & visible


def _malformed(path: Path, faults: list[Fault], severity: Severity) -> Iterator[Problem]:
    """One problem for each reason, in the order in which the reasons appear."""
    first = {fault.reason: fault.line for fault in reversed(faults)}
    ordered = sorted(faults, key=lambda fault: (first[fault.reason], fault.line))
    for reason, group in groupby(ordered, key=lambda fault: fault.reason):
        same = list(group)
        message = f'{same[0].text!r} {reason}'
        yield Problem(severity, path, message, tuple(fault.line for fault in same))


def _columns(path: Path, parsed: ParsedRows) -> Iterator[Problem]:
    columns = parsed.num_columns
    if 0 < columns <= CLASS:
        yield Problem(
            'warning',
            path,
            f'has {columns} of {NUM_COLUMNS} columns, no class and no visible part: all rows '
            'count as pedestrians, wholly visible',
        )
    elif columns > NUM_COLUMNS:
        yield Problem('warning', path, f'has {columns} columns, the last of which is not read')
