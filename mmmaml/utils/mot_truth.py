"""Ground truth of MOTChallenge: what its last columns mean, decided by evidence in the file.

Files of MOT16 on have nine columns, the last two of which are class and visible part. Those of
MOT15 have ten, the last three of which are places in the world, or −1 (its 2-D form), and know
pedestrians only. The two cannot be told by the number of columns alone, since ten columns occur
with classes, too; see :func:`truth_form`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from .mot_files import CLASS, CLASSES, PEDESTRIAN, SCORE, VISIBILITY, parse_file, read_text
from .row_text import NUM_COLUMNS, ParsedRows

TruthForm = Literal['classes', 'plain', 'world']
LABELS_FILE = 'labels.txt'
PEOPLE = ('pedestrian', 'person', 'people', 'human', 'walker')
"""Names of labels that mean a pedestrian, in lower case."""
_SHOWN = 5


@dataclass(frozen=True)
class Truth:
    """Rows of a ground truth with columns of one meaning.

    Attributes:
        rows: (R, 9) float64 ``frame, id, left, top, width, height, considered, class, visible
            part``; class and visible part are −1 if the file has none.
        lines: (R,) number of the line of each row, from 1.
        form: Meaning of the last columns of the file, see :func:`truth_form`.
    """

    rows: np.ndarray
    lines: np.ndarray
    form: TruthForm


def read_truth(path: Path) -> Truth:
    """Read a ground truth of any of its forms.

    Args:
        path: ``gt.txt``. A ``labels.txt`` beside it, as CVAT writes it, must name classes as
            MOTChallenge numbers them.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed, or the meaning of a column is open; the message names file
            and line and says what to do.
    """
    path = Path(path)
    parsed = parse_file(path)
    form = truth_form(parsed)
    for lines, reason in column_faults(parsed, form) + label_faults(path, parsed, form):
        raise ValueError(f'{path}, line {lines[0]}: {reason} ({len(lines)} such rows)')
    return as_truth(parsed, form)


def as_truth(parsed: ParsedRows, form: TruthForm) -> Truth:
    """Give rows without class, or with places in their columns, −1 for class and visibility."""
    rows = parsed.rows
    if form == 'world' or (form == 'plain' and parsed.tenth is not None):
        rows = rows.copy()
        rows[:, [CLASS, VISIBILITY]] = -1
    return Truth(rows, parsed.lines, form)


def truth_form(parsed: ParsedRows) -> TruthForm:
    """Return the meaning of the columns from the eighth on.

    Returns:
        ``'plain'``: there is no class; the columns are missing or −1, as in the 2-D form of
        MOT15. ``'world'``: there are ten columns and most of the eighth are no whole numbers, so
        that they are places in the world, as in MOT15. ``'classes'``: class and visible part.
        Rows for which none of these holds get it, too: :func:`column_faults` names them.
    """
    category = parsed.rows[:, CLASS]
    stated = category[category != -1]
    if not len(stated):
        return 'plain'
    if parsed.tenth is not None and (stated != np.round(stated)).mean() > 0.5:
        return 'world'
    return 'classes'


def column_faults(parsed: ParsedRows, form: TruthForm) -> list[tuple[np.ndarray, str]]:
    """Return rows whose last columns cannot be used: lines (L,) and the reason, kind by kind."""
    rows, lines = parsed.rows, parsed.lines
    faults = []

    def add(bad: np.ndarray, reason: str) -> None:
        if bad.any():
            faults.append((lines[bad], reason))

    flag, category = rows[:, SCORE], rows[:, CLASS]
    add(
        flag != np.round(flag),
        f'the considered flag (column 7) is {_values(flag[flag != np.round(flag)])}: write 1 for '
        'boxes that count and 0 for others; a score has no place here',
    )
    if form != 'classes':
        return faults
    if parsed.tenth is not None:
        add(
            np.ones(len(rows), bool),
            f'the file has {NUM_COLUMNS + 1} columns and whole numbers in column 8, so it is open '
            'whether these are classes or places in the world, as in MOT15: remove the tenth '
            'column if they are classes, else write -1 into columns 8 to 10',
        )
        return faults
    unknown = ~np.isin(category, [-1, *range(1, len(CLASSES) + 1)])
    add(
        unknown,
        f'the class (column 8) is {_values(category[unknown])}, none of 1 to {len(CLASSES)}: '
        'write the numbers of MOTChallenge (1 is a pedestrian); if all are people, or the column '
        'is a place in the world as in MOT15, -1 in all rows',
    )
    add(
        category == -1,
        'the class (column 8) is -1, but other rows state one: write 1 for pedestrians, or -1 in '
        'all rows if all are people',
    )
    return faults


def label_faults(path: Path, parsed: ParsedRows, form: TruthForm) -> list[tuple[np.ndarray, str]]:
    """Return the rows whose class is called something else by ``labels.txt`` beside the file.

    CVAT numbers the labels of a project from 1 in an order of its own.
    """
    labels = read_labels(path.parent / LABELS_FILE)
    if labels is None or form != 'classes':
        return []
    faults = []
    for number in np.unique(parsed.rows[:, CLASS]):
        rows = parsed.rows[:, CLASS] == number
        index = int(number) - 1
        name = labels[index] if 0 <= index < len(labels) else 'nothing'
        if mot_class(name) != number and 0 <= index < len(CLASSES):
            reason = (
                f'class {number:g} is {name!r} in {LABELS_FILE}, but {CLASSES[index]!r} in '
                'MOTChallenge: convert the export by tools/dataset_converters/cvat2mot.py, which '
                'goes by the names'
            )
            faults.append((parsed.lines[rows], reason))
    return faults


def read_labels(path: Path) -> list[str] | None:
    """Return the names of classes from 1 on, one a line; None if there is no such file."""
    if not path.is_file():
        return None
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def mot_class(label: str) -> int | None:
    """Return the class of MOTChallenge, from 1, that a name means; None if it means none."""
    name = label.strip().lower().replace(' ', '_').replace('-', '_')
    if name in PEOPLE:
        return PEDESTRIAN
    return CLASSES.index(name) + 1 if name in CLASSES else None


def considered(flag: np.ndarray) -> np.ndarray:
    """Return (R,) bool, boxes that count: all but those of flag 0, as TrackEval has it."""
    return np.asarray(flag) != 0


def class_counts(category: np.ndarray, names: Sequence[str] = CLASSES) -> dict[str, int]:
    """Return the number of boxes of each class by its name, the most frequent first.

    Args:
        category: (R,) classes from 1; −1 counts as a pedestrian without a stated class.
        names: Of the classes from 1 on.
    """
    counts = Counter(np.asarray(category).tolist())
    return {_class_name(number, names): count for number, count in counts.most_common()}


def _class_name(number: float, names: Sequence[str]) -> str:
    if number == -1:
        return 'pedestrian (no class stated)'
    inside = number == round(number) and 1 <= number <= len(names)
    return names[int(number) - 1] if inside else f'class {number:g}'


def _values(values: np.ndarray) -> str:
    shown = np.unique(values)
    words = ', '.join(f'{value:g}' for value in shown[:_SHOWN])
    return f'{words}, ...' if len(shown) > _SHOWN else words
