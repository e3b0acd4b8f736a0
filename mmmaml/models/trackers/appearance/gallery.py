"""Last features of each track."""

import numpy as np
import torch
from torch import Tensor


class Gallery:
    """Bounded galleries of all tracks, in one tensor.

    Tracks are rows of ``TrackState``.

    Args:
        size: K, features kept per track, the oldest replaced first.
        interval: Frames between two entries of one track.

    Attributes:
        feats: (S, K, C); the first ``count[s]`` rows are valid, in no particular order. None
            before the first :meth:`reserve`.
        count: (S,) int64 valid rows.
    """

    def __init__(self, size: int, interval: float) -> None:
        self.size = size
        self.interval = interval
        self.feats: Tensor | None = None
        self.count = np.zeros(0, dtype=np.int64)
        self._written = np.zeros(0, dtype=np.int64)
        self._entry_frame = np.zeros(0, dtype=np.int64)

    def rows(self, tracks: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the galleries (P, K, C) of tracks (P,) and the number of valid rows (P,)."""
        assert self.feats is not None
        count = torch.from_numpy(self.count[tracks]).to(self.feats.device)
        return self.feats.index_select(0, torch.from_numpy(tracks).to(self.feats.device)), count

    def reserve(self, missing: int, like: Tensor) -> None:
        """Make room for ``missing`` more tracks with features as in ``like`` (..., C)."""
        new = like.new_zeros(missing, self.size, like.shape[-1])
        self.feats = new if self.feats is None else torch.cat([self.feats, new])
        for name in ('count', '_written', '_entry_frame'):
            setattr(self, name, np.pad(getattr(self, name), (0, missing)))

    def clear(self, tracks: np.ndarray) -> None:
        """Forget the features of tracks (P,)."""
        self.count[tracks] = 0
        self._written[tracks] = 0

    def append(self, tracks: np.ndarray, feats: Tensor, frame_id: int) -> None:
        """Add a feature to each of the tracks whose last entry is long enough ago.

        Args:
            tracks: (P,) distinct.
            feats: (P, C) features.
            frame_id: The frame they are from.
        """
        assert self.feats is not None
        due = (self.count[tracks] == 0) | (frame_id - self._entry_frame[tracks] >= self.interval)
        tracks = tracks[due]
        if not len(tracks):
            return
        entry = torch.from_numpy(tracks * self.size + self._written[tracks] % self.size)
        entries = self.feats.view(-1, feats.shape[1])
        kept = feats[torch.from_numpy(due).to(feats.device)]
        entries.index_copy_(0, entry.to(feats.device), kept)
        self._written[tracks] += 1
        self.count[tracks] = np.minimum(self._written[tracks], self.size)
        self._entry_frame[tracks] = frame_id
