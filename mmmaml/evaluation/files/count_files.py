"""Counted people of frames, as tables beside the files of tracks."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...utils.files import atomic_path
from ..sequences import CrowdCounts

ENDING = '_counts.csv'
"""``SEQ_counts.csv`` lies beside ``SEQ.txt``, whose format has no place for them."""
FRAME, DENSITY, BOXES, TRACKS = 'frame', 'crowd_count', 'boxes', 'tracks'
DIGITS = 3


def counts_file(results: str | os.PathLike) -> Path:
    """Return the path of the counts that belong to a file of tracks."""
    results = Path(results)
    return results.with_name(results.stem + ENDING)


def write_counts(path: str | os.PathLike, columns: Mapping[str, np.ndarray]) -> None:
    """Write a table with a head, one row a frame, whole or not at all.

    Args:
        path: ``SEQ_counts.csv``.
        columns: Name to values (T,), ``frame`` and ``crowd_count`` among them; NaN leaves a cell
            empty.
    """
    with (
        atomic_path(path) as temporary,
        temporary.open('w', newline='', encoding='utf-8') as file,
    ):
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(
            ['' if value != value else round(value, DIGITS) for value in row]
            for row in zip(*(each.tolist() for each in columns.values()), strict=True)
        )


def read_counts(path: str | os.PathLike, num_frames: int) -> CrowdCounts:
    """Read a table of :func:`write_counts`; columns other than those of the counts are left.

    Args:
        path: ``SEQ_counts.csv``.
        num_frames: Frames T of the sequence.

    Raises:
        ValueError: A column is missing, a row is none of a frame of the sequence, or a frame has
            two.
    """
    density, boxes = np.full(num_frames, np.nan), np.full(num_frames, np.nan)
    found = np.zeros(num_frames, bool)
    with Path(path).open(newline='', encoding='utf-8-sig') as file:
        reader = csv.DictReader(file)
        if missing := {FRAME, DENSITY} - set(reader.fieldnames or ()):
            raise ValueError(f'{path} has no column {", ".join(sorted(missing))}')
        for row in reader:
            try:
                frame = int(row[FRAME])
                values = [float(row.get(name) or 'nan') for name in (DENSITY, BOXES)]
            except (TypeError, ValueError):
                raise ValueError(
                    f'{path}, line {reader.line_num}: {list(row.values())} are not a frame and '
                    'its numbers of people'
                ) from None
            wrong = any(each < 0 or np.isinf(each) for each in values)
            if wrong or not 1 <= frame <= num_frames:
                raise ValueError(
                    f'{path}, line {reader.line_num}: frame {frame} with {values[0]:g} people; '
                    f'expected frames 1 to {num_frames} and numbers from 0'
                )
            if found[frame - 1]:
                raise ValueError(
                    f'{path}, line {reader.line_num}: frame {frame} was counted before; leave one '
                    'row of a frame'
                )
            found[frame - 1] = True
            density[frame - 1], boxes[frame - 1] = values
    return CrowdCounts(density, boxes)


def last_counted_frame(results: str | os.PathLike) -> int:
    """Return the last frame in the counts beside a file of tracks; 0 if there are none.

    It may lie behind the last track: nobody is in the frames at the end.

    Raises:
        ValueError: A frame is no number.
    """
    path = counts_file(results)
    if not path.is_file():
        return 0
    with path.open(newline='', encoding='utf-8-sig') as file:
        reader = csv.DictReader(file)
        try:
            return max((int(row.get(FRAME) or 0) for row in reader), default=0)
        except ValueError as error:
            raise ValueError(f'{path}, line {reader.line_num}: {error}') from None


def read_counts_beside(results: str | os.PathLike, num_frames: int) -> CrowdCounts | None:
    """Read the counts beside a file of tracks; None if there are none."""
    path = counts_file(results)
    return read_counts(path, num_frames) if path.is_file() else None
