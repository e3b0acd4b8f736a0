"""Rows of numbers in a text file of MOTChallenge, and what is wrong with each line of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NUM_COLUMNS = 9
LEAST_COLUMNS, MOST_COLUMNS = 6, 10
LARGEST = 2**53
"""Size of a frame, an id or a coordinate; whole numbers are exact up to there."""


class Fault(NamedTuple):
    """A line that is no row.

    Attributes:
        line: Its number in the file, from 1.
        text: What it says.
        reason: What is wrong with it, as the rest of a sentence.
    """

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f'line {self.line}: {self.text!r} {self.reason}'


@dataclass(frozen=True)
class ParsedRows:
    """What a file holds.

    Attributes:
        rows: (R, 9) float64 of the good lines, in the order of the file; columns that the file
            lacks are −1, and of a tenth nothing is kept.
        lines: (R,) number of the line of each row, from 1.
        num_columns: Columns that the rows have in the file, 6 to 10; 0 without rows.
        faults: The other lines, in the order of the file; empty lines are none.
    """

    rows: np.ndarray
    lines: np.ndarray
    num_columns: int
    faults: list[Fault]


def parse_rows(text: str) -> ParsedRows:
    """Read comma or white-space separated rows of 6 to 10 columns.

    The first row decides how many columns all of them have.
    """
    split = enumerate((line.replace(',', ' ').split() for line in text.splitlines()), start=1)
    fields = {number: values for number, values in split if values}
    table = _table(list(fields.values()))
    faults: list[Fault] = []
    if table is None or bad_rows(table).any():
        faults = _faults(text.splitlines(), fields)
        for fault in faults:
            del fields[fault.line]
        width = len(next(iter(fields.values()), ()))
        table = np.array(list(fields.values()), dtype=np.float64).reshape(len(fields), width)
    rows = np.full((len(table), NUM_COLUMNS), -1.0)
    columns = min(table.shape[1], NUM_COLUMNS)
    rows[:, :columns] = table[:, :columns]
    lines = np.fromiter(fields, dtype=np.int64, count=len(fields))
    return ParsedRows(rows, lines, table.shape[1], faults)


def _table(fields: list[list[str]]) -> np.ndarray | None:
    """(R, columns) float64, or None where a line does not fit the others or holds words."""
    if not fields:
        return np.zeros((0, 0))
    try:
        table = np.array(fields, dtype=np.float64)
    except ValueError:
        return None
    return table if LEAST_COLUMNS <= table.shape[1] <= MOST_COLUMNS else None


def why_bad(row: np.ndarray) -> str:
    """What is wrong with one of the :func:`bad_rows`, as the rest of a sentence."""
    if np.isfinite(row).all() and (np.abs(row[:LEAST_COLUMNS]) > LARGEST).any():
        return 'is wrong: frame, id and box must not be larger than 2^53'
    return 'is wrong: every value must be finite, frame and id whole numbers, frame >= 1'


def bad_rows(table: np.ndarray) -> np.ndarray:
    """Which rows (R, >= 6) cannot be, (R,) bool."""
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
    """What is wrong with a line whose predecessors have so many columns (0: it is the first)."""
    if not LEAST_COLUMNS <= len(values) <= MOST_COLUMNS:
        return f'has {len(values)} columns, expected {LEAST_COLUMNS} to {MOST_COLUMNS}'
    if columns and len(values) != columns:
        return f'has {len(values)} columns, the rows before it {columns}'
    try:
        row = np.array([values], dtype=np.float64)
    except ValueError:
        return 'holds something that is not a number'
    if bad_rows(row).any():
        return why_bad(row[0])
    return ''
