"""Places of a video where an identity may be wrong, for those who correct by hand."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmmaml.models.trackers.association.certainty import DOUBTS
from mmmaml.utils import atomic_path
from mmmaml.utils.option_checks import check_number

from .tracks import Tracks

BELOW = 0.8
"""Certainty below which a row is suspicious."""

MERGED_SECONDS = 1.0
"""Longest time between two suspicious rows of an id that are one place."""

COLUMNS = (
    *('first_frame', 'last_frame', 'frame', 'seconds', 'id', 'certainty', 'reason', 'rival'),
    *('left', 'top', 'width', 'height'),
)


@dataclass
class Place:
    """Frames in a row in which an identity is doubted.

    Attributes:
        track_id: The identity.
        first: First frame of it.
        last: Last frame of it.
        frame: The least certain frame; what follows is of that.
        seconds: Its time.
        certainty: 0..1.
        reason: One of :data:`~mmmaml.models.trackers.association.certainty.DOUBTS`.
        rival: The other identity in question, −1 if none.
        box: (4,) left, top, width, height in pixels.
    """

    track_id: int
    first: int
    last: int
    frame: int
    seconds: float
    certainty: float
    reason: str
    rival: int
    box: np.ndarray


class SuspiciousPlaces:
    """Gathers the places where identities are least certain.

    Args:
        frame_rate: Frames per second.
        below: Certainty, 0..1, below which a row is suspicious. Larger: more places, and more
            wrong identities among them.

    Attributes:
        places: In the order of their first frames.

    Raises:
        ValueError: The certainty is out of its range.
    """

    def __init__(self, frame_rate: float, below: float = BELOW) -> None:
        check_number('below', below, 'between 0 and 1', 0, 1)
        self.below = below
        self.places: list[Place] = []
        self._gap = MERGED_SECONDS * frame_rate
        self._open: dict[int, Place] = {}

    def add(self, tracks: Tracks) -> None:
        """Look at a frame.

        Raises:
            ValueError: Its tracks are not rated.
        """
        if tracks.certainty is None or tracks.rivals is None or tracks.doubts is None:
            raise ValueError('tracks have no certainty: set model.tracker.rate_certainty=True')
        sizes = tracks.rows()[:, 2:6]
        for row in np.flatnonzero(tracks.certainty < self.below).tolist():
            found = Place(
                int(tracks.ids[row]),
                tracks.frame,
                tracks.frame,
                tracks.frame,
                tracks.seconds,
                float(tracks.certainty[row]),
                DOUBTS[tracks.doubts[row]],
                int(tracks.rivals[row]),
                sizes[row],
            )
            self._merge(found)

    def _merge(self, found: Place) -> None:
        before = self._open.get(found.track_id)
        if before is None or found.frame - before.last > self._gap:
            self._open[found.track_id] = found
            self.places.append(found)
            return
        before.last = found.last
        if found.certainty < before.certainty:
            found.first = before.first
            vars(before).update(vars(found))

    def write(self, path: Path) -> None:
        """Write a table with a head, a place a line."""
        with (
            atomic_path(path) as temporary,
            temporary.open('w', newline='', encoding='utf-8') as file,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for each in self.places:
                numbers = each.first, each.last, each.frame, round(each.seconds, 4), each.track_id
                about = round(each.certainty, 4), each.reason, each.rival
                writer.writerow([*numbers, *about, *each.box.round(3).tolist()])
