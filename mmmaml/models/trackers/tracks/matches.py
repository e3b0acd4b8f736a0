"""Matches of one frame, as data."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Matches:
    """Tracks and detections of one frame that belong together.

    Tracks are rows of :class:`~.track_state.TrackState`, detections indices of the frame's N.

    Attributes:
        tracks: (P,) int64, distinct.
        dets: (P,) int64, ascending: the detection of each of ``tracks``.
        reentered: (R,) int64: those of ``tracks`` that were lost and came back elsewhere.
        unmatched: (U,) int64, ascending: detections that no track took.
        cosines: (...) of all tracks and detections of one class that were compared.
        own_cosines: (Q,) those of ``cosines`` whose track and detection were matched.
        stages: (P,) int64 number of the stage, from 0, that matched each of ``tracks``.
        own: (P,) cosine of each of ``tracks`` and its detection, NaN if nobody compared them.
    """

    tracks: np.ndarray
    dets: np.ndarray
    reentered: np.ndarray
    unmatched: np.ndarray
    cosines: np.ndarray
    own_cosines: np.ndarray
    stages: np.ndarray
    own: np.ndarray


class Decision(NamedTuple):
    """Reason for which a detection has its id.

    Attributes:
        id: The id.
        stage: Name of the stage that matched it, or ``start``.
        similarity: Similarity of detection and track as the stage ``appearance`` judges it, a
            likelihood if the adapter is calibrated; NaN if they were not compared.
    """

    id: int
    stage: str
    similarity: float


class Started(NamedTuple):
    """Tracks (P,) that start in a frame, and the detection (P,) of each."""

    tracks: np.ndarray
    dets: np.ndarray
