"""Rows of numbers in a text file of MOTChallenge, and the faults of its lines.

Columns are separated by commas or by blanks, in each line by one of the two; blanks around commas
do no harm. Nothing moves a column: an empty field is a fault, and so are blanks within a field.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NUM_COLUMNS = 9
LEAST_COLUMNS, MOST_COLUMNS = 6, 10
LARGEST = 2**53
"""Size of a frame, an id or a coordinate; whole numbers are exact up to there."""

SHOWN = 100
"""Characters of a bad line that a message shows; those of rows are fewer."""


class Fault(NamedTuple):
    """A line that is no row.

    Attributes:
        line: Its number in the file, from 1.
        text: Its content.
        reason: Its fault, as the rest of a sentence.
    """

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= SHOWN else f'{self.text[:SHOWN]}...'
        return f'line {self.line}: {text!r} {self.reason}'


@dataclass(frozen=True)
class ParsedRows:
    """Rows of a file and the lines that are none.

    Attributes:
        rows: (R, 9) float64 of the good lines, in the order of the file; columns that the file
            lacks are −1.
        tenth: (R,) float64 of a tenth column; None if the file has none.
        lines: (R,) number of the line of each row, from 1.
        num_columns: Columns that the rows have in the file, 6 to 10; 0 without rows.
        faults: The other lines, in the order of the file; empty lines are none.
    """

    rows: np.ndarray
    tenth: np.ndarray | None
    lines: np.ndarray
    num_columns: int
    faults: list[Fault]


def parse_rows(text: str) -> ParsedRows:
    """Read comma or white-space separated rows of 6 to 10 columns.

    The first row decides how many columns all of them have.
    """
    lines = text.splitlines()
    fields = {number: _split(line) for number, line in enumerate(lines, 1) if line.strip()}
    table = None if _UNUSUAL.search(text) else _table(list(fields.values()))
    faults: list[Fault] = []
    if table is None or bad_rows(table).any():
        faults = _faults(lines, fields)
        for fault in faults:
            del fields[fault.line]
        width = len(next(iter(fields.values()), ()))
        table = np.array(list(fields.values()), dtype=np.float64).reshape(len(fields), width)
    rows = np.full((len(table), NUM_COLUMNS), -1.0)
    columns = min(table.shape[1], NUM_COLUMNS)
    rows[:, :columns] = table[:, :columns]
    return ParsedRows(
        rows,
        table[:, NUM_COLUMNS] if table.shape[1] > NUM_COLUMNS else None,
        np.fromiter(fields, dtype=np.int64, count=len(fields)),
        table.shape[1],
        faults,
    )


_UNUSUAL = re.compile(r'[^0-9eE+\-., \t\r\n]')
"""In no plain number and no separator; NaN and infinity, which are faults, among it."""
_NUMBER = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?', re.ASCII)


def _split(line: str) -> list[str]:
    if ',' not in line:
        return line.split()
    # A comma after the last number moves no column; trackers of several groups write one.
    return [field.strip() for field in line.rstrip().removesuffix(',').split(',')]


def _table(fields: list[list[str]]) -> np.ndarray | None:
    """Return (R, columns) float64, or None if a line does not fit the others or holds words."""
    if not fields:
        return np.zeros((0, 0))
    try:
        table = np.array(fields, dtype=np.float64)
    except ValueError:
        return None
    return table if LEAST_COLUMNS <= table.shape[1] <= MOST_COLUMNS else None


def why_bad(row: np.ndarray) -> str:
    """Return what is wrong with one of the :func:`bad_rows`, as the rest of a sentence."""
    if np.isfinite(row).all():
        if (np.abs(row[:LEAST_COLUMNS]) > LARGEST).any():
            return 'is wrong: frame, id and box must not be larger than 2^53'
        if row[0] < 1 and (row[:2] == np.round(row[:2])).all():
            return (
                f'is wrong: it is of frame {row[0]:g}, but frames are counted from 1, frame >= 1; '
                'if the file counts from 0, all its rows are off by 1: add 1 to the first column'
            )
    return 'is wrong: every value must be finite, frame and id whole numbers, frame >= 1'


def bad_rows(table: np.ndarray) -> np.ndarray:
    """Return (R,) bool, rows (R, >= 6) that cannot be."""
    whole = table[:, :2] == np.round(table[:, :2])
    too_large = (np.abs(table[:, :LEAST_COLUMNS]) > LARGEST).any(1)
    return ~np.isfinite(table).all(1) | ~whole.all(1) | (table[:, :1] < 1).any(1) | too_large


def _faults(lines: list[str], fields: dict[int, list[str]]) -> list[Fault]:
    faults, columns = [], 0
    for number, values in fields.items():
        reason = _fault(values, columns)
        if reason:
            faults.append(Fault(number, lines[number - 1].strip(), reason))
        else:
            columns = len(values)
    return faults


def _fault(values: list[str], columns: int) -> str:
    """Return what is wrong with a line after lines of so many columns (0: it is the first)."""
    if '' in values:
        return (
            f'has nothing in column {values.index("") + 1}: every column needs a number, -1 for '
            'one that is unknown'
        )
    if any(len(value.split()) > 1 for value in values):
        return (
            'has blanks within a column: separate columns by commas or by blanks, not by both, '
            'and write numbers with a point (261.4, not 261,4)'
        )
    if not LEAST_COLUMNS <= len(values) <= MOST_COLUMNS:
        hint = ', separated by commas or blanks' if ';' in ''.join(values) else ''
        return f'has {len(values)} columns, expected {LEAST_COLUMNS} to {MOST_COLUMNS}{hint}'
    if columns and len(values) != columns:
        return f'has {len(values)} columns, the rows before it {columns}'
    if bad := _first_word(values):
        return f'holds something that is not a number: {bad}'
    row = np.array([values], dtype=np.float64)
    return why_bad(row[0]) if bad_rows(row).any() else ''


def _first_word(values: Iterable[str]) -> str:
    """Return the first value that is no number as a quoted word; '' if all are."""
    for value in values:
        if not _NUMBER.fullmatch(value) and value.lower().lstrip('+-') not in _NOT_FINITE:
            return repr(value)
    return ''


_NOT_FINITE = ('nan', 'inf', 'infinity')
