"""Tracks of a whole video, as files."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mmmaml.evaluation.files.count_files import DENSITY, DIGITS, TRACKS, write_counts
from mmmaml.evaluation.files.count_files import FRAME as COUNTED
from mmmaml.evaluation.scoring.crowd_counting import people_per_frame
from mmmaml.utils import atomic_path, write_text
from mmmaml.utils.mot_files import FRAME, ID, LEFT, SCORE, write_results

from .tracks import Tracks

LABEL, SECONDS, CERTAINTY = SCORE + 1, SCORE + 2, SCORE + 3
COLUMNS = ('frame', 'seconds', 'id', 'left', 'top', 'width', 'height', 'score', 'label')
RATED = (*COLUMNS, 'certainty')


class TrackTable:
    """Collects the tracks of frames and writes them in the formats that people use.

    Attributes:
        num_frames: Number of the last frame.
    """

    def __init__(self) -> None:
        self.num_frames = 0
        self._rows: list[np.ndarray] = []
        self._counts: list[tuple[int, float, float]] = []

    def add(self, tracks: Tracks) -> None:
        """Add a frame."""
        self.num_frames = tracks.frame
        if tracks.crowd_count is not None:
            self._counts.append((tracks.frame, tracks.seconds, tracks.crowd_count))
        if len(tracks):
            seconds = np.full(len(tracks), tracks.seconds)
            rated = tracks.certainty
            certainty = np.full(len(tracks), np.nan) if rated is None else rated
            self._rows.append(np.column_stack([tracks.rows(), tracks.labels, seconds, certainty]))

    def replace_rows(self, rows: np.ndarray) -> None:
        """Take other rows (S, 10) of the same video, ordered by frame."""
        self._rows = [rows]

    @property
    def counts_crowd(self) -> bool:
        """True if the model counted the people of some frame."""
        return bool(self._counts)

    @property
    def num_tracks(self) -> int:
        """Identities in all frames."""
        return len(np.unique(self.rows()[:, ID]))

    def rows(self) -> np.ndarray:
        """Return rows (R, 10): those of :meth:`Tracks.rows`, label, seconds, certainty or NaN."""
        return np.concatenate([np.zeros((0, CERTAINTY + 1)), *self._rows])

    def write_mot(self, path: Path) -> None:
        """Write the text format of the MOTChallenge."""
        write_results(path, self.rows())

    def write_csv(self, path: Path) -> None:
        """Write a table with a head; ``seconds`` count from the first frame, by the source.

        ``certainty`` is there if the tracker rates it, ``crowd_count`` of the frame if the model
        counts.
        """
        with (
            atomic_path(path) as temporary,
            temporary.open('w', newline='', encoding='utf-8') as file,
        ):
            writer = csv.writer(file)
            rows = self.rows()
            columns = RATED if _rated(rows) else COLUMNS
            if not self._counts:
                writer.writerow(columns)
                writer.writerows(_csv_rows(rows))
                return
            writer.writerow([*columns, DENSITY])
            counts = {frame: round(count, DIGITS) for frame, _, count in self._counts}
            for frame, row in zip(rows[:, FRAME], _csv_rows(rows), strict=True):
                writer.writerow([*row, counts.get(int(frame), '')])

    def write_counts(self, path: Path) -> None:
        """Write the crowd count of each frame, and the number of its tracks."""
        frames, seconds, counts = np.array(self._counts, dtype=np.float64).reshape(-1, 3).T
        frames = frames.astype(np.int64)
        tracked = people_per_frame(self.rows(), self.num_frames)[frames - 1]
        columns = {'seconds': seconds, DENSITY: counts, TRACKS: tracked}
        write_counts(path, {COUNTED: frames, **columns})

    def write_json(self, path: Path, about: dict[str, Any], classes: Iterable[str] = ()) -> None:
        """Write each track as lists over its frames, and ``crowd`` if the model counts.

        Args:
            path: The file.
            about: Facts of the video; they go first.
            classes: Names of the classes.
        """
        names = dict(enumerate(classes))
        rows = self.rows()
        rows = rows[np.lexsort((rows[:, FRAME], rows[:, ID]))]
        starts = np.flatnonzero(np.diff(rows[:, ID], prepend=-1))
        tracks = [_track(part, names) for part in np.split(rows, starts)[1:]]
        about = {**about, 'num_frames': self.num_frames}
        if self._counts:
            frames, seconds, counts = zip(*self._counts, strict=True)
            about['crowd'] = {
                'frames': frames,
                'seconds': [round(each, 4) for each in seconds],
                'counts': [round(each, DIGITS) for each in counts],
            }
        write_text(path, json.dumps({**about, 'tracks': tracks}) + '\n')


def _rated(rows: np.ndarray) -> bool:
    return len(rows) > 0 and not np.isnan(rows[:, CERTAINTY]).all()


def _csv_rows(rows: np.ndarray) -> Iterable[list[object]]:
    rated = _rated(rows)
    for row in rows.tolist():
        seconds = round(row[SECONDS], 4)
        box = [round(value, 3) for value in row[LEFT:SCORE]]
        numbers = int(row[FRAME]), seconds, int(row[ID])
        certainty = [round(row[CERTAINTY], 4)] if rated else []
        yield [*numbers, *box, round(row[SCORE], 4), int(row[LABEL]), *certainty]


def _track(rows: np.ndarray, names: dict[int, str]) -> dict[str, Any]:
    label = int(rows[0, LABEL])
    certainty = {'certainty': rows[:, CERTAINTY].round(4).tolist()} if _rated(rows) else {}
    return {
        'id': int(rows[0, ID]),
        'label': label,
        'class': names.get(label),
        'frames': rows[:, FRAME].astype(int).tolist(),
        'seconds': rows[:, SECONDS].round(4).tolist(),
        'boxes': rows[:, LEFT:SCORE].round(3).tolist(),
        'scores': rows[:, SCORE].round(4).tolist(),
        **certainty,
    }
