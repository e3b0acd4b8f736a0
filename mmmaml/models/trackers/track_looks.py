"""How tracks and detections look alike."""

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from .appearance import AppearanceMemory
    from .online_adapter import OnlineAdapter
    from .track_pool import TrackPool


class TrackLooks:
    """Compares features under each track's own parameters, and adapts these to the scene.

    Args:
        adapter: Has the parameters and adapts them; None compares features as they are.
    """

    def __init__(self, adapter: 'OnlineAdapter | None' = None) -> None:
        self.adapter = adapter

    @property
    def uses_gallery(self) -> bool:
        """Whether single features of tracks are needed, or their means are enough."""
        return self.adapter is not None and self.adapter.uses_gallery

    def reset(self) -> None:
        """Forget the scene."""
        if self.adapter is not None:
            self.adapter.reset()

    def prepare(self, feats: Tensor, memory: 'AppearanceMemory | None') -> Tensor:
        """Features (N, C) of a frame as they are compared and remembered.

        Args:
            feats: (N, C) of the detections.
            memory: The tracks' looks so far.

        Raises:
            ValueError: C is not that of the frames before, or not that of the adapted layer.
        """
        channels = feats.shape[1]
        if memory is not None and channels != memory.mean.shape[1]:
            raise ValueError(
                f'feats have {channels} channels, those of the frames before '
                f'{memory.mean.shape[1]}: a video needs features of one network'
            )
        adapter = self.adapter
        feats = F.normalize(feats, dim=1) if adapter is None else adapter.prepare(feats)
        return feats if memory is None else feats.to(memory.mean)

    def adapt(self, tracks: 'TrackPool') -> None:
        """Adapt to the tracks in view, once a frame."""
        if self.adapter is None or tracks.appearance is None:
            return
        in_view = tracks.with_looks(tracks.recent())
        if len(in_view):
            self.adapter.fit(tracks.appearance.means(in_view))

    def observe(
        self, memory: 'AppearanceMemory', slots: np.ndarray, feats: Tensor, trust: np.ndarray
    ) -> None:
        """See how people vary: matched detections, and their tracks before they learn them.

        Args:
            memory: The tracks' looks so far.
            slots: (P,) tracks with known looks.
            feats: (P, C) features of their detections.
            trust: (P,) in them.
        """
        if self.adapter is None:
            return
        known, weights = (
            torch.from_numpy(each).to(feats) for each in (memory.weight[slots], trust)
        )
        self.adapter.observe(memory.means(slots), known, feats, weights)

    def observe_cosines(self, cosines: np.ndarray, alike: np.ndarray) -> None:
        """See how alike people are: cosines (...), and those (P,) of tracks and their own."""
        if self.adapter is not None and self.adapter.calibration is not None:
            self.adapter.calibration.observe(cosines, alike)

    def likeness(self, cosines: np.ndarray) -> np.ndarray:
        """What cosines (...) say: where the adapter is calibrated, likelihoods; or themselves."""
        if self.adapter is None or self.adapter.calibration is None:
            return cosines
        return self.adapter.calibration.likelihood(cosines)

    def similarity(self, tracks: 'TrackPool', slots: np.ndarray, feats: Tensor) -> np.ndarray:
        """Cosine (T, N) of tracks (T,) and features (N, C), each track under its parameters."""
        memory = tracks.appearance
        assert memory is not None
        mean = memory.means(slots)
        if self.adapter is None:
            similarity = F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T
        else:  # Eq. 6-7
            gallery, count = None, None
            if memory.gallery is not None:
                gallery, count = memory.gallery.rows(slots)
            similarity = self.adapter.similarity(mean, gallery, count, feats)
        # Mixed precision leaves half a float, in which sums overflow.
        dtype = torch.promote_types(similarity.dtype, torch.float32)
        return similarity.to('cpu', dtype).numpy()
