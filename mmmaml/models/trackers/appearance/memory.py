"""Remembered features of each track."""

import numpy as np
import torch
from torch import Tensor

from .gallery import Gallery


class AppearanceMemory:
    """Weighted running mean of each track's features, and their galleries if wanted.

    Tracks are rows of ``TrackState``. Features stay on their device; the weights and frames that
    decide about them are kept in NumPy beside the other state.

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
        weight: (S,) sum of the trust in all observations; 0 if the appearance is not known.
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

    def means(self, tracks: np.ndarray) -> Tensor:
        """Return the mean features (P, C) of tracks (P,)."""
        return self.mean.index_select(0, self._index(tracks))

    def known(self, tracks: np.ndarray) -> np.ndarray:
        """Return (P,) bool: the appearance of tracks (P,) is known."""
        return self.weight[tracks] > 0

    def _index(self, tracks: np.ndarray) -> Tensor:
        return torch.from_numpy(tracks).to(self.mean.device)

    def reserve(self, capacity: int) -> None:
        """Make room for at least ``capacity`` tracks."""
        missing = capacity - len(self.weight)
        if missing <= 0:
            return
        self.mean = torch.cat([self.mean, self.mean.new_zeros(missing, self.mean.shape[1])])
        self.weight = np.pad(self.weight, (0, missing))
        if self.gallery is not None:
            self.gallery.reserve(missing, self.mean)

    def clear(self, tracks: np.ndarray) -> None:
        """Forget the appearance of tracks (P,)."""
        self.weight[tracks] = 0
        if self.gallery is not None:
            self.gallery.clear(tracks)

    def update(
        self, tracks: np.ndarray, feats: Tensor, weights: np.ndarray, frame_id: int
    ) -> None:
        """Add one observation to each of some tracks.

        Args:
            tracks: (P,) distinct.
            feats: (P, C) features.
            weights: (P,) trust in them, in (0, 1]: a half-trusted one moves the mean half as far.
            frame_id: The frame they are from.
        """
        if not len(tracks):
            return
        total = self.weight[tracks] + weights
        self.weight[tracks] = total
        share = weights / total
        if self.exponential:
            share[share < 1] = 0
        rate = np.maximum(weights * (1 - self.momentum), share)
        step = torch.from_numpy(rate).to(feats)[:, None]
        self.mean.index_copy_(0, self._index(tracks), self.means(tracks).lerp(feats, step))
        if self.gallery is not None:
            self.gallery.append(tracks, feats, frame_id)
