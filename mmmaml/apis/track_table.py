"""Tracks of a whole video, as files."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mmmaml.utils import atomic_path, write_text
from mmmaml.utils.mot_files import FRAME, ID, LEFT, SCORE, write_results

from .tracks import Tracks

LABEL = SCORE + 1
COLUMNS = ('frame', 'seconds', 'id', 'left', 'top', 'width', 'height', 'score', 'label')


class TrackTable:
    """Collects the tracks of frames and writes them in the formats that people use.

    Attributes:
        num_frames: Number of the last frame.
    """

    def __init__(self) -> None:
        self.num_frames = 0
        self._rows: list[np.ndarray] = []

    def add(self, tracks: Tracks) -> None:
        """Add a frame."""
        self.num_frames = tracks.frame
        if len(tracks):
            self._rows.append(np.column_stack([tracks.rows(), tracks.labels]))

    def rows(self) -> np.ndarray:
        """All rows (R, 8) ``frame, id, left, top, width, height, score, label``."""
        return np.concatenate([np.zeros((0, LABEL + 1)), *self._rows])

    def write_mot(self, path: Path) -> None:
        """Write the text format of the MOTChallenge."""
        write_results(path, self.rows())

    def write_csv(self, path: Path, frame_rate: float) -> None:
        """Write a table with a head; ``seconds`` count from the first frame."""
        with (
            atomic_path(path) as temporary,
            temporary.open('w', newline='', encoding='utf-8') as file,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_csv_rows(self.rows(), frame_rate))

    def write_json(self, path: Path, about: dict[str, Any], classes: Iterable[str] = ()) -> None:
        """Write each track as lists over its frames.

        Args:
            path: The file.
            about: What is known of the video; goes first.
            classes: Names of the classes.
        """
        names = dict(enumerate(classes))
        rows = self.rows()
        rows = rows[np.lexsort((rows[:, FRAME], rows[:, ID]))]
        starts = np.flatnonzero(np.diff(rows[:, ID], prepend=-1))
        tracks = [_track(part, names) for part in np.split(rows, starts)[1:]]
        about = {**about, 'num_frames': self.num_frames}
        write_text(path, json.dumps({**about, 'tracks': tracks}) + '\n')


def _csv_rows(rows: np.ndarray, frame_rate: float) -> Iterable[list[object]]:
    for row in rows.tolist():
        seconds = round((row[FRAME] - 1) / frame_rate, 4)
        box = [round(value, 3) for value in row[LEFT:SCORE]]
        numbers = int(row[FRAME]), seconds, int(row[ID])
        yield [*numbers, *box, round(row[SCORE], 4), int(row[LABEL])]


def _track(rows: np.ndarray, names: dict[int, str]) -> dict[str, Any]:
    label = int(rows[0, LABEL])
    return {
        'id': int(rows[0, ID]),
        'label': label,
        'class': names.get(label),
        'frames': rows[:, FRAME].astype(int).tolist(),
        'boxes': rows[:, LEFT:SCORE].round(3).tolist(),
        'scores': rows[:, SCORE].round(4).tolist(),
    }
