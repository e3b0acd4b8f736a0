"""Appearance of all tracks: memory, comparison, adaptation, calibration."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mmmaml.utils.option_checks import check_choice, check_number

from ..detections.detections import Detections
from ..detections.frame_input import take_rows
from ..tracks.matches import Matches, Started
from ..tracks.track_pool import TrackPool
from .gallery import Gallery
from .memory import AppearanceMemory
from .online_adapter import OnlineAdapter

GALLERY_SECONDS = 2.0
"""Time over which the features of a gallery are spread."""


@dataclass(frozen=True)
class MemoryOptions:
    """Options of the tracker about remembered features; see ``OnlineMetaTracker``.

    Raises:
        ValueError: A value is out of its range.
    """

    feature_average: Literal['trusted', 'exponential'] = 'trusted'
    momentum: float = 0.95
    gallery_size: int = 10

    def __post_init__(self) -> None:
        check_choice('feature_average', self.feature_average, ('trusted', 'exponential'))
        expected = 'at least 0 and below 1'
        check_number('momentum', self.momentum, expected, 0, np.nextafter(1, 0))
        check_number('gallery_size', self.gallery_size, 'a whole number from 1', 1, whole=True)


class TrackAppearance:
    """The one owner of the features of tracks, and of all that judges them.

    Features are compared under each track's own parameters if there is an adapter, and as they
    are otherwise. Tracks (T,) are rows of ``TrackState``, detections (P,) indices of the frame's.

    Args:
        options: Average and number of remembered features.
        frame_rate: Frames per second of the video.
        adapter: Has the parameters and adapts them to the scene; None compares features as
            they are.

    Attributes:
        adapter: The adapter, or None.
        memory: Features of the tracks; None until features have been seen.
    """

    def __init__(
        self, options: MemoryOptions, frame_rate: float, adapter: OnlineAdapter | None = None
    ) -> None:
        self.options = options
        self.adapter = adapter
        self.reset(frame_rate)

    def reset(self, frame_rate: float) -> None:
        """Forget tracks and scene: a video of another frame rate begins."""
        self.frame_rate = float(frame_rate)
        self.memory: AppearanceMemory | None = None
        if self.adapter is not None:
            self.adapter.reset()

    # ---- comparison

    def prepare(self, feats: Tensor) -> Tensor:
        """Return features (N, C) of a frame as they are compared and remembered.

        Raises:
            ValueError: C is not that of the frames before, or not that of the adapted layer.
        """
        channels, memory, adapter = feats.shape[1], self.memory, self.adapter
        if memory is not None and channels != memory.mean.shape[1]:
            raise ValueError(
                f'feats have {channels} channels, those of the frames before '
                f'{memory.mean.shape[1]}: a video needs features of one network'
            )
        feats = F.normalize(feats, dim=1) if adapter is None else adapter.prepare(feats)
        return feats if memory is None else feats.to(memory.mean)

    def known(self, tracks: np.ndarray) -> np.ndarray:
        """Return (T,) bool: the appearance of the track is known."""
        if self.memory is None:
            return np.zeros(len(tracks), dtype=bool)
        return self.memory.known(tracks)

    def similarity(self, tracks: np.ndarray, feats: Tensor) -> np.ndarray:
        """Return the cosine (T, N) of tracks whose appearance is known and features (N, C)."""
        memory = self.memory
        assert memory is not None
        mean = memory.means(tracks)
        if self.adapter is None:
            similarity = F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T
        else:  # Eq. 6-7
            gallery, count = None, None
            if memory.gallery is not None:
                gallery, count = memory.gallery.rows(tracks)
            similarity = self.adapter.similarity(mean, gallery, count, feats)
        # Mixed precision leaves half a float, in which sums overflow.
        dtype = torch.promote_types(similarity.dtype, torch.float32)
        return similarity.to('cpu', dtype).numpy()

    def track_embeddings(self, tracks: np.ndarray) -> Tensor:
        """Return embeddings (T, D) of length 1 of tracks of known appearance, under θ."""
        assert self.memory is not None
        return self.embeddings(self.memory.means(tracks))

    def embeddings(self, feats: Tensor) -> Tensor:
        """Return embeddings (N, D) of length 1 of features (N, C), under θ.

        Features without an adapter are embeddings already.
        """
        embeds = feats if self.adapter is None else self.adapter.head(feats)
        return F.normalize(embeds, dim=1)

    def embedding_width(self, feats: Tensor) -> int:
        """Return D of the embeddings of features (N, C)."""
        return feats.shape[1] if self.adapter is None else len(self.adapter.head.weight)

    def likelihood(self, cosines: np.ndarray) -> np.ndarray:
        """Return the likelihoods (...) of cosines if the adapter is calibrated, or themselves."""
        if self.adapter is None or self.adapter.calibration is None:
            return cosines
        return self.adapter.calibration.likelihood(cosines)

    def means_with(
        self, owners: np.ndarray, dets: np.ndarray, detections: Detections, feats: Tensor
    ) -> Tensor:
        """Return features of detections, averaged with those of the track each belongs to.

        Args:
            owners: (P,) track of each detection, −1 if it has none.
            dets: (P,) detections, ascending.
            detections: All N detections.
            feats: (N, C) features of all detections.

        Returns:
            (P, C): the track's mean so far and the feature, weighted by the trust behind each; of
            a detection without a track, or of a track of unknown appearance, its own feature.
        """
        memory, feats = self.memory, take_rows(feats, dets)
        assert memory is not None
        weight = np.where(owners >= 0, memory.weight[owners], 0.0)
        share = torch.from_numpy(weight / (weight + detections.trust(dets))).to(feats)
        index = torch.from_numpy(owners).to(feats.device)
        return torch.lerp(feats, memory.mean[index], share[:, None])

    # ---- learning

    def adapt(self, pool: TrackPool) -> None:
        """Adapt the parameters to the tracks in view, once a frame."""
        if self.adapter is None or self.memory is None:
            return
        recent = pool.recent()
        in_view = recent[self.memory.known(recent)]
        if len(in_view):
            self.adapter.fit(self.memory.means(in_view))

    def learn(
        self,
        pool: TrackPool,
        matches: Matches,
        started: Started,
        detections: Detections,
        feats: Tensor | None,
    ) -> None:
        """Learn from a frame: the similarity of people in the scene, the features of each track.

        Args:
            pool: All tracks, those that start in this frame included.
            matches: Tracks and the detections they were matched to.
            started: Tracks that start in this frame.
            detections: The N detections.
            feats: (N, C) their features, or None.
        """
        if self.adapter is not None and self.adapter.calibration is not None:
            self.adapter.calibration.observe(matches.cosines, matches.own_cosines)
        if feats is not None and self.memory is None and len(matches.tracks) + len(started.tracks):
            self.memory = self._new_memory(feats)
        if self.memory is None:
            return
        self.memory.reserve(pool.state.capacity)
        self.memory.clear(started.tracks)
        if feats is not None:
            assert pool.frame_id is not None
            for tracks, dets in ((matches.tracks, matches.dets), started):
                self._remember(self.memory, tracks, dets, detections, feats, pool.frame_id)

    def _remember(
        self,
        memory: AppearanceMemory,
        tracks: np.ndarray,
        dets: np.ndarray,
        detections: Detections,
        feats: Tensor,
        frame_id: int,
    ) -> None:
        # Who hides behind someone looks like that someone; but a track of unknown appearance
        # takes what it can get, with little trust.
        learn = detections.high[dets] & (detections.clear[dets] | ~memory.known(tracks))
        tracks, dets = tracks[learn], dets[learn]
        if not len(tracks):
            return
        feats, trust = take_rows(feats, dets), detections.trust(dets)
        if memory.exponential:
            trust = np.ones_like(trust)
        if self.adapter is not None:
            self._show(self.adapter, memory, tracks, feats, trust)
        memory.update(tracks, feats, trust, frame_id)

    @staticmethod
    def _show(
        adapter: OnlineAdapter,
        memory: AppearanceMemory,
        tracks: np.ndarray,
        feats: Tensor,
        trust: np.ndarray,
    ) -> None:
        """Show the adapter the variation of people: detections, and tracks before they learn."""
        known = memory.known(tracks)
        feats = feats[torch.from_numpy(known).to(feats.device)]
        before, weights = (
            torch.from_numpy(each).to(feats)
            for each in (memory.weight[tracks[known]], trust[known])
        )
        adapter.observe(memory.means(tracks[known]), before, feats, weights)

    def _new_memory(self, feats: Tensor) -> AppearanceMemory:
        options, gallery = self.options, None
        if self.adapter is not None and self.adapter.uses_gallery:
            interval = GALLERY_SECONDS * self.frame_rate / options.gallery_size
            gallery = Gallery(options.gallery_size, interval)
        return AppearanceMemory(
            num_channels=feats.shape[1],
            momentum=options.momentum,
            like=feats,
            exponential=options.feature_average == 'exponential',
            gallery=gallery,
        )
