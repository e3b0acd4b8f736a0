"""Trails of tracks: the last foot points of each."""

from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Trails:
    """Foot points of the recent past, as one table for all tracks.

    Attributes:
        ids: (M,) int64, the track of each point.
        frames: (M,) int64, when it was there.
        points: (M, 2) pixels, the middle of the box's lower edge.
    """

    ids: np.ndarray
    frames: np.ndarray
    points: np.ndarray

    def lines(self, ids: np.ndarray, max_gap: int = 5) -> list[tuple[int, np.ndarray]]:
        """Return polylines in order of time.

        Args:
            ids: Tracks whose lines are wanted.
            max_gap: Points further apart in time than this many frames are not joined, since
                nothing is known of the way between them.

        Returns:
            ``(id, points (P, 2))`` of every piece of at least two points.
        """
        keep = np.isin(self.ids, ids) & np.isfinite(self.points).all(axis=1)
        order = np.lexsort((self.frames[keep], self.ids[keep]))
        track, frame = self.ids[keep][order], self.frames[keep][order]
        points = self.points[keep][order]
        breaks = np.flatnonzero((np.diff(track) != 0) | (np.diff(frame) > max_gap)) + 1
        starts, ends = np.r_[0, breaks], np.r_[breaks, len(track)]
        return [
            (int(track[start]), points[start:end])
            for start, end in zip(starts, ends, strict=True)
            if end - start > 1
        ]


def foot_points(bboxes: np.ndarray) -> np.ndarray:
    """Return the middle of the lower edge of boxes (N, 4) xyxy: the feet of a standing person.

    Returns:
        (N, 2) in the unit of the boxes.
    """
    return np.stack([(bboxes[:, 0] + bboxes[:, 2]) / 2, bboxes[:, 3]], axis=1)


class TrailBuffer:
    """Collection of trails frame by frame, in bounded memory.

    Args:
        length: Frames that a trail reaches back. 0 keeps none.
    """

    def __init__(self, length: int) -> None:
        if length < 0:
            raise ValueError(f'length of trails must be at least 0 frames, got {length}')
        self.length = length
        self._recent: deque[tuple[int, np.ndarray, np.ndarray]] = deque()

    @property
    def last_frame(self) -> int:
        """Return the newest frame, −1 before the first."""
        return self._recent[-1][0] if self._recent else -1

    def reset(self) -> None:
        """Forget everything: the next frame is of another video."""
        self._recent.clear()

    def add(self, frame: int, ids: np.ndarray, bboxes: np.ndarray) -> Trails:
        """Add a frame and drop what is more than ``length`` frames older.

        Args:
            frame: Its number, greater than that of the frame before.
            ids: (N,) identities.
            bboxes: (N, 4) xyxy in pixels.

        Returns:
            The trails that end in this frame.
        """
        self._recent.append((frame, np.asarray(ids, dtype=np.int64), foot_points(bboxes)))
        while self._recent[0][0] < frame - self.length:
            self._recent.popleft()
        return Trails(
            ids=np.concatenate([ids for _, ids, _ in self._recent]),
            frames=np.concatenate([np.full(len(ids), f) for f, ids, _ in self._recent]),
            points=np.concatenate([points for _, _, points in self._recent]),
        )
