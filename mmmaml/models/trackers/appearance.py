"""What the tracker remembers of each track's looks."""

import numpy as np
import torch
from torch import Tensor

from .gallery import Gallery


class AppearanceMemory:
    """Weighted running mean of each track's features, and their galleries where wanted.

    Rows are the slots of :class:`~.track_state.TrackState`. Features stay on their device; what
    decides where they go (weights, frames) is kept in NumPy beside the other state.

    The running mean is the exact weighted mean of the first observations and becomes an
    exponential average once that would give a new one less than ``1 - momentum``; or it is an
    exponential average from the second observation on.

    Args:
        num_channels: C, the length of a feature.
        momentum: Share of the old mean that survives a fully trusted observation, 0 <= m < 1.
        like: A tensor of the features' dtype and device.
        exponential: Average exponentially from the second observation on.
        gallery: Keeps single features as well; None keeps the means alone.

    Attributes:
        mean: (S, C) running means.
        weight: (S,) sum of the trust in all observations; 0 means that nothing is known of the
            track's looks.
    """

    def __init__(
        self,
        num_channels: int,
        momentum: float,
        like: Tensor,
        exponential: bool = False,
        gallery: Gallery | None = None,
    ) -> None:
        self.momentum = momentum
        self.exponential = exponential
        self.gallery = gallery
        self.mean = like.new_zeros(0, num_channels)
        self.weight = np.zeros(0)

    def means(self, slots: np.ndarray) -> Tensor:
        """Mean features (P, C) of tracks (P,)."""
        return self.mean.index_select(0, self._index(slots))

    def known(self, slots: np.ndarray) -> np.ndarray:
        """(P,) bool: something is known of the looks of tracks (P,)."""
        return self.weight[slots] > 0

    def _index(self, slots: np.ndarray) -> Tensor:
        return torch.from_numpy(slots).to(self.mean.device)

    def reserve(self, capacity: int) -> None:
        """Have at least ``capacity`` slots."""
        missing = capacity - len(self.weight)
        if missing <= 0:
            return
        self.mean = torch.cat([self.mean, self.mean.new_zeros(missing, self.mean.shape[1])])
        self.weight = np.pad(self.weight, (0, missing))
        if self.gallery is not None:
            self.gallery.reserve(missing, self.mean)

    def clear(self, slots: np.ndarray) -> None:
        """Forget the looks of the tracks in ``slots`` (P,)."""
        self.weight[slots] = 0
        if self.gallery is not None:
            self.gallery.clear(slots)

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
        if self.gallery is not None:
            self.gallery.append(slots, feats, frame_id)
