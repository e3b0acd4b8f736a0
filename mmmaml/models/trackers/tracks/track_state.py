"""All tracks as one structure of arrays."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass
class TrackState:
    """Tracks as rows: row s of every array belongs to track s.

    A dropped track leaves its row to a later one, so that the arrays are as long as the largest
    number of tracks ever alive together (rounded up to a power of two), and nothing is copied
    when tracks come and go.

    Attributes:
        alive: (S,) bool: the row holds a track.
        confirmed: (S,) bool: the track has been seen often enough to be reported.
        ids: (S,) int64: the reported identity, 0 for a track that is not confirmed.
        labels: (S,) int64: class, fixed at the start of the track.
        hits: (S,) int64: detections the track has had.
        first_frame: (S,) int64: frame of the first of them.
        last_frame: (S,) int64: frame of the last of them.
        boxes: (S, 4): the last of them, xyxy in pixels.
        motion: (S, 5, 4): Kalman state, see :mod:`~..motion.kalman`.
    """

    alive: np.ndarray
    confirmed: np.ndarray
    ids: np.ndarray
    labels: np.ndarray
    hits: np.ndarray
    first_frame: np.ndarray
    last_frame: np.ndarray
    boxes: np.ndarray
    motion: np.ndarray

    @classmethod
    def empty(cls) -> 'TrackState':
        """Return no track and no row."""
        flags, numbers = np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)
        return cls(
            alive=flags,
            confirmed=flags,
            ids=numbers,
            labels=numbers,
            hits=numbers,
            first_frame=numbers,
            last_frame=numbers,
            boxes=np.zeros((0, 4)),
            motion=np.zeros((0, 5, 4)),
        )

    def __len__(self) -> int:
        """Return the number of tracks alive."""
        return int(self.alive.sum())

    @property
    def capacity(self) -> int:
        """Number of rows S."""
        return len(self.alive)

    def select(self, confirmed: bool) -> np.ndarray:
        """Return the confirmed, or the tentative tracks (T,), ascending."""
        return np.flatnonzero(self.alive & (self.confirmed == confirmed))

    def add(self, number: int) -> np.ndarray:
        """Return rows (number,) for new tracks; their values are the caller's to fill."""
        missing = number - (self.capacity - len(self))
        if missing > 0:
            self._grow(self.capacity + missing)
        tracks = np.flatnonzero(~self.alive)[:number]
        self.alive[tracks] = True
        return tracks

    def drop(self, tracks: np.ndarray) -> None:
        """Forget tracks (T,)."""
        self.alive[tracks] = False

    def _grow(self, needed: int) -> None:
        capacity = max(16, 1 << (needed - 1).bit_length())
        for each in fields(self):
            old = getattr(self, each.name)
            new = np.zeros((capacity, *old.shape[1:]), dtype=old.dtype)
            new[: len(old)] = old
            setattr(self, each.name, new)
