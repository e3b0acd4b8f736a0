"""Detections of a sequence, read from a MOTChallenge detection file and looked up by frame."""

import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ...utils.mot_files import FRAME, HEIGHT, LEFT, SCORE, WIDTH, read_rows

# Whoever tests several sequences alternately needs one file of each; MOT20's largest takes 30 MB.
CACHED_FILES = 4


@dataclass(frozen=True)
class DetectionFile:
    """Detections of one sequence, ordered by frame.

    Attributes:
        frames: (R,) frame of each detection, ascending, from 1.
        bboxes: (R, 4) float32 xyxy in pixels of the original image.
        scores: (R,) float32, as in the file; all 1 if it has none.
    """

    frames: np.ndarray
    bboxes: np.ndarray
    scores: np.ndarray

    def at(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Return boxes (N, 4) and scores (N,) of a frame, in the order of the file."""
        start, stop = np.searchsorted(self.frames, (frame, frame + 1))
        return self.bboxes[start:stop], self.scores[start:stop]


def read_detections(path: str | os.PathLike) -> DetectionFile:
    """Read a detection file; the last few files are kept, until they change on disk.

    Boxes without width or height are left out with a warning. Without scores (no such column, or
    −1 in every row) all detections get the score 1, since −1 lies below every tracker's
    thresholds. The log says so, once for a file.

    Args:
        path: Rows ``frame, id, left, top, width, height, score``.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} is missing: public detections are read from det/det.txt of the sequence, '
            'or from the file or folder given as PublicDetector(detections=...); mmmaml track '
            'takes one by --detections, or finds people by --detector'
        )
    return _read_detections(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=CACHED_FILES)
def _read_detections(path: Path, modified: int) -> DetectionFile:
    rows = read_rows(path)
    has_area = (rows[:, WIDTH : HEIGHT + 1] > 0).all(1)
    if not has_area.all():
        _log_once(
            f'{path}: {int((~has_area).sum())} of {len(rows)} detections have no width or '
            'height and are left out',
            logging.WARNING,
        )
    if len(rows) and (rows[:, SCORE] == -1).all():
        _log_once(
            f'{path}: no detection has a score (column 7); all are given the score 1', logging.INFO
        )
        rows[:, SCORE] = 1.0
    rows = rows[has_area]
    rows = rows[np.argsort(rows[:, FRAME], kind='stable')]
    top_left = rows[:, LEFT:WIDTH]
    bboxes = np.hstack([top_left, top_left + rows[:, WIDTH : HEIGHT + 1]])
    return DetectionFile(
        frames=rows[:, FRAME].astype(np.int64),
        bboxes=bboxes.astype(np.float32),
        scores=rows[:, SCORE].astype(np.float32),
    )


@lru_cache(maxsize=1024)
def _log_once(message: str, level: int) -> None:
    """Warn of a file once: validations read it again and again."""
    print_log(message, logger='current', level=level)
