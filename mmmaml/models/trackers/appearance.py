"""What the tracker remembers of each track's looks."""

import numpy as np
import torch
from torch import Tensor


class AppearanceMemory:
    """Weighted running mean and bounded gallery of each track's features.

    Rows are the slots of :class:`~.track_state.TrackState`. Features stay on their device; what
    decides where they go (counts, weights, frames) is kept in NumPy beside the other state.

    The running mean is the exact weighted mean of the first observations and becomes an
    exponential average once that would give a new one less than ``1 - momentum``; or it is an
    exponential average from the second observation on.

    Args:
        num_channels: C, the length of a feature.
        gallery_size: K, features kept per track, the oldest replaced first.
        gallery_interval: Frames between two gallery entries of one track.
        momentum: Share of the old mean that survives a fully trusted observation, 0 <= m < 1.
        like: A tensor of the features' dtype and device.
        exponential: Average exponentially from the second observation on.

    Attributes:
        mean: (S, C) running means.
        gallery: (S, K, C); the first ``count[s]`` rows are valid, in no particular order.
        weight: (S,) sum of the trust in all observations.
        count: (S,) int64 valid gallery rows; 0 means that nothing is known of the track's looks.
    """

    def __init__(
        self,
        num_channels: int,
        gallery_size: int,
        gallery_interval: float,
        momentum: float,
        like: Tensor,
        exponential: bool = False,
    ) -> None:
        self.gallery_interval = gallery_interval
        self.momentum = momentum
        self.exponential = exponential
        self.mean = like.new_zeros(0, num_channels)
        self.gallery = like.new_zeros(0, gallery_size, num_channels)
        self.count = np.zeros(0, dtype=np.int64)
        self.weight = np.zeros(0)
        self._written = np.zeros(0, dtype=np.int64)
        self._entry_frame = np.zeros(0, dtype=np.int64)

    def means(self, slots: np.ndarray) -> Tensor:
        """Mean features (P, C) of tracks (P,)."""
        return self.mean.index_select(0, self._index(slots))

    def galleries(self, slots: np.ndarray) -> Tensor:
        """Galleries (P, K, C) of tracks (P,)."""
        return self.gallery.index_select(0, self._index(slots))

    def _index(self, slots: np.ndarray) -> Tensor:
        return torch.from_numpy(slots).to(self.mean.device)

    def reserve(self, capacity: int) -> None:
        """Have at least ``capacity`` slots."""
        missing = capacity - len(self.count)
        if missing <= 0:
            return
        self.mean = torch.cat([self.mean, self.mean.new_zeros(missing, *self.mean.shape[1:])])
        gallery = self.gallery
        self.gallery = torch.cat([gallery, gallery.new_zeros(missing, *gallery.shape[1:])])
        for name in ('count', 'weight', '_written', '_entry_frame'):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros(missing, dtype=old.dtype)]))

    def clear(self, slots: np.ndarray) -> None:
        """Forget the looks of the tracks in ``slots`` (P,)."""
        self.count[slots] = 0
        self.weight[slots] = 0
        self._written[slots] = 0

    def update(self, slots: np.ndarray, feats: Tensor, weights: np.ndarray, frame_id: int) -> None:
        """Add one observation to each of some tracks.

        Args:
            slots: (P,) distinct slots.
            feats: (P, C) features.
            weights: (P,) trust in them, in (0, 1]: a half-trusted one moves the mean half as far.
            frame_id: The frame they are from.
        """
        if not len(slots):
            return
        total = self.weight[slots] + weights
        self.weight[slots] = total
        share = weights / total
        if self.exponential:
            share[share < 1] = 0
        rate = np.maximum(weights * (1 - self.momentum), share)
        step = torch.from_numpy(rate).to(feats)[:, None]
        self.mean.index_copy_(0, self._index(slots), self.means(slots).lerp(feats, step))
        self._append(slots, feats, frame_id)

    def _append(self, slots: np.ndarray, feats: Tensor, frame_id: int) -> None:
        due = (self.count[slots] == 0) | (
            frame_id - self._entry_frame[slots] >= self.gallery_interval
        )
        slots = slots[due]
        if not len(slots):
            return
        size = self.gallery.shape[1]
        entry = self._index(slots * size + self._written[slots] % size)
        entries = self.gallery.view(-1, feats.shape[1])
        entries.index_copy_(0, entry, feats[torch.from_numpy(due).to(feats.device)])
        self._written[slots] += 1
        self.count[slots] = np.minimum(self._written[slots], size)
        self._entry_frame[slots] = frame_id
