"""Problems of ``gt.txt`` and ``det.txt``."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from ...utils.box_conventions import find_suspicions
from ...utils.frame_numbers import check_frame_numbers
from ...utils.mot_files import (
    CLASS,
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
from ...utils.mot_truth import (
    TruthForm,
    as_truth,
    class_counts,
    column_faults,
    considered,
    label_faults,
    truth_form,
)
from ...utils.row_text import Fault, ParsedRows, parse_rows
from .problems import Problem, Severity


@dataclass(frozen=True)
class RowReport:
    """Content of a ground truth and its problems.

    Attributes:
        problems: In the order of checking.
        num_boxes: Rows that can be used.
        num_identities: Different ids among them.
        num_counted: Rows of considered pedestrians: what scores compare tracks with.
        num_trainable: Those that are visible and have an id: what Re-ID learns from.
        num_single: People with one such row, whom no task can use.
        classes: Usable rows of each class by its name.
    """

    problems: list[Problem]
    num_boxes: int
    num_identities: int
    num_counted: int
    num_trainable: int
    num_single: int
    classes: dict[str, int]


def check_truth(path: Path, info: SequenceInfo | None) -> RowReport:
    """Check ``gt.txt`` for what converter, training and scores would make of it.

    Args:
        path: The file.
        info: The sequence, with the frames that can be used; None if it is unknown, which leaves
            out what needs the number of frames or their size.
    """
    parsed = parse_rows(read_text(path))
    form = truth_form(parsed)
    report = _Reporter(path, parsed, as_truth(parsed, form).rows)
    report.problems += _malformed(path, parsed.faults)
    report.problems += _columns(path, parsed, form)
    for lines, reason in column_faults(parsed, form) + label_faults(path, parsed, form):
        report.problems.append(Problem('error', path, reason, tuple(lines.tolist())))
    report.check_order()
    used = report.usable(info)
    _check_identities(report, used)
    _check_labels(report, used)
    _check_counting(report, used)
    rows = report.rows[used]
    return RowReport(
        report.problems,
        len(rows),
        len(np.unique(rows[rows[:, ID] >= 0, ID])),
        int(_counted(rows).sum()),
        int(_trainable(rows).sum()),
        _num_single(rows),
        class_counts(rows[:, CLASS]),
    )


def check_detections(path: Path, info: SequenceInfo | None) -> list[Problem]:
    """Check ``det.txt``, which trackers with public detections read."""
    parsed = parse_rows(read_text(path))
    report = _Reporter(path, parsed, parsed.rows)
    report.usable(info)
    category = parsed.rows[:, CLASS]
    if (category != -1).any():
        counts = Counter(category.tolist()).most_common(5)
        said = ', '.join(f'{count} of {value:g}' for value, count in counts)
        report.add(
            'warning',
            category != -1,
            f'column 8 of detections is not read ({said}): all are taken for pedestrians; remove '
            'the rows of other classes',
        )
    return [*_malformed(path, parsed.faults), *report.problems]


class _Reporter:
    """Collects problems of the rows of one file."""

    def __init__(self, path: Path, parsed: ParsedRows, rows: np.ndarray) -> None:
        self.path, self.rows, self.lines = path, rows, parsed.lines
        self.problems: list[Problem] = []
        if not len(self.rows) and not parsed.faults:
            self.problems.append(Problem('warning', path, 'holds no row'))

    def add(self, severity: Severity, bad: np.ndarray, message: str) -> None:
        """Add a problem of the rows that are ``bad`` (R,), if there are any."""
        if bad.any():
            lines = tuple(self.lines[bad].tolist())
            self.problems.append(Problem(severity, self.path, message, lines))

    def usable(self, info: SequenceInfo | None) -> np.ndarray:
        """Return (R,) bool, rows of existing frames with a box; report the others."""
        rows = self.rows
        used = np.ones(len(rows), dtype=bool)
        if info is not None:
            used = rows[:, FRAME] <= info.num_frames
            self._check_frames(~used, info.num_frames)
        empty = used & (rows[:, WIDTH : HEIGHT + 1] <= 0).any(1)
        self.add('warning', empty, 'boxes without width or height are dropped')
        size = None if info is None else (info.width, info.height)
        for message, certain in find_suspicions(rows[:, LEFT : HEIGHT + 1], size):
            severity: Severity = 'error' if certain else 'warning'
            self.problems.append(Problem(severity, self.path, message))
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

    def _check_frames(self, late: np.ndarray, num_frames: int) -> None:
        try:
            check_frame_numbers(self.rows[:, FRAME], num_frames, self.path)
        except ValueError as error:
            message = str(error).removeprefix(f'{self.path}: ')
            self.problems.append(Problem('error', self.path, message))
        else:
            self.add('warning', late, f'rows after the last frame ({num_frames}) are dropped')

    def check_order(self) -> None:
        """Report rows that are sorted neither by frame nor by id and then by frame."""
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


def _num_single(rows: np.ndarray) -> int:
    """Return the number of people of whom there is one image to learn from."""
    return int((np.unique(rows[_trainable(rows), ID], return_counts=True)[1] == 1).sum())


def _check_labels(report: _Reporter, used: np.ndarray) -> None:
    flag, category, visibility = report.rows[:, [SCORE, CLASS, VISIBILITY]].T
    report.add(
        'warning',
        used & ~np.isin(flag, [0, 1]) & (flag == np.round(flag)) & ~_plain(flag, category),
        'considered flags (column 7) that are neither 0 nor 1: all but 0 count',
    )
    unstated = visibility == -1
    report.add(
        'warning',
        used & ~unstated & ((visibility < 0) | (visibility > 1)),
        'visible parts (column 9) that are not between 0 and 1',
    )
    report.add(
        'warning',
        used & unstated & (category != -1),
        'rows with a class, but no visible part (column 9): people count as wholly visible, so '
        'that min_visibility leaves none of them out',
    )


def _check_counting(report: _Reporter, used: np.ndarray) -> None:
    """Report ground truth in which no box counts, with the reasons."""
    rows = report.rows
    if not used.any() or (used & _counted(rows)).any():
        return
    people = np.isin(rows[:, CLASS], [-1, PEDESTRIAN])
    ignored = int((used & people & ~considered(rows[:, SCORE])).sum())
    reasons = {
        'pedestrians of flag 0 (column 7)': ignored,
        'boxes of other classes': int((used & ~people).sum()),
        'boxes without area, or of no frame': int((~used).sum()),
    }
    said = ', '.join(f'{count} {what}' for what, count in reasons.items() if count)
    remedy = 'write 1 into column 7 of people who count' if ignored else 'people have class 1'
    message = f'no box counts as a pedestrian: {said}; {remedy}'
    report.problems.append(Problem('error' if ignored else 'warning', report.path, message))


def _plain(flag: np.ndarray, category: np.ndarray) -> np.ndarray:
    """Return (R,) bool, rows without flag and class, as MOT15 writes boxes."""
    return (flag == -1) & (category == -1)


def _counted(rows: np.ndarray) -> np.ndarray:
    """Return (R,) bool, pedestrians that count in scores."""
    return np.isin(rows[:, CLASS], [-1, PEDESTRIAN]) & considered(rows[:, SCORE])


def _trainable(rows: np.ndarray) -> np.ndarray:
    """Return (R,) bool, those with an id that can be seen: what Re-ID can learn from."""
    visibility = rows[:, VISIBILITY]
    return _counted(rows) & (rows[:, ID] >= 0) & ((visibility > 0) | (visibility == -1))


def _malformed(path: Path, faults: list[Fault]) -> Iterator[Problem]:
    """Yield one problem for each reason, in the order in which the reasons appear."""
    first = {fault.reason: fault.line for fault in reversed(faults)}
    ordered = sorted(faults, key=lambda fault: (first[fault.reason], fault.line))
    for reason, group in groupby(ordered, key=lambda fault: fault.reason):
        same = list(group)
        message = f'{same[0].text!r} {reason}'
        yield Problem('error', path, message, tuple(fault.line for fault in same))


def _columns(path: Path, parsed: ParsedRows, form: TruthForm) -> Iterator[Problem]:
    columns = parsed.num_columns
    if form == 'world':
        message = 'has places in the world in columns 8 to 10, as MOT15: they are not read, and '
        message += 'all rows count as pedestrians, wholly visible'
        yield Problem('warning', path, message)
    elif 0 < columns <= CLASS:
        yield Problem(
            'warning',
            path,
            f'has {columns} of {NUM_COLUMNS} columns, no class and no visible part: all rows '
            'count as pedestrians, wholly visible',
        )
