"""Decisions of a tracker in files: the stage and similarity by which each id has its box."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...utils.files import atomic_path
from ...utils.mot_files import FRAME, ID

COLUMNS = ('frame', 'id', 'stage', 'similarity')
ENDING = '_decisions.csv'


def write_decisions(path: Path, decisions: Mapping[tuple[int, int], tuple[str, float]]) -> None:
    """Write a table with a head, ordered by frame, then id.

    Args:
        path: The file.
        decisions: Stage and similarity by frame, from 1, and id; NaN becomes an empty cell.
    """
    with (
        atomic_path(path) as temporary,
        temporary.open('w', newline='', encoding='utf-8') as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for (frame, track), (stage, similarity) in sorted(decisions.items()):
            known = '' if math.isnan(similarity) else round(similarity, 4)
            writer.writerow([frame, track, stage, known])


def read_decisions(path: Path, tracks: np.ndarray) -> dict[tuple[int, int], tuple[str, float]]:
    """Read the decisions that are behind some tracks.

    Args:
        path: The file.
        tracks: (R, >= 2) rows ``frame, id, ...`` of the same run.

    Raises:
        FileNotFoundError: The file is missing.
        ValueError: It is malformed, or of other tracks.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist: track again with --decisions')
    known = {(int(row[FRAME]), int(row[ID])) for row in tracks}
    found: dict[tuple[int, int], tuple[str, float]] = {}
    with path.open(newline='', encoding='utf-8') as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f'{path}, line 1: expected {",".join(COLUMNS)}')
        for row in reader:
            try:
                frame, track, stage, similarity = row
                key = int(frame), int(track)
                found[key] = stage, float(similarity) if similarity else math.nan
            except ValueError:
                raise ValueError(
                    f'{path}, line {reader.line_num} is no decision: {",".join(row)[:60]!r}'
                ) from None
            if key not in known:
                raise ValueError(
                    f'{path}, line {reader.line_num}: the tracks have no id {key[1]} in frame '
                    f'{key[0]}, so these are decisions of other tracks'
                )
    return found
