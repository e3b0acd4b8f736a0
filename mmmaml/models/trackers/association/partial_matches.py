"""A frame while its detections find their tracks."""

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch import Tensor

from mmmaml.utils.box_overlap import pairwise_iou

from ..appearance.track_appearance import TrackAppearance
from ..detections.detections import Detections
from ..detections.frame_input import take_rows
from ..tracks.matches import Matches
from ..tracks.track_pool import TrackPool
from .assignment import assign

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork


class Comparison(NamedTuple):
    """Tracks and detections whose appearance was compared.

    Attributes:
        tracks: (T,) ascending.
        dets: (P,) ascending.
        cosines: (T, P).
        veto_sim_thr: Least similarity for a clear view of a person to be the track's.
    """

    tracks: np.ndarray
    dets: np.ndarray
    cosines: np.ndarray
    veto_sim_thr: float


class PartialMatches:
    """Pairs found so far in one frame; each stage adds to those of the stages before it.

    Tracks (T,) are rows of the pool, detections (P,) indices of the frame's N.

    Args:
        pool: The tracks, predicted for this frame.
        detections: The N detections of this frame.
        feats: (N, C) their features, or None.
        appearance: Compares tracks and features.
        graph: The bound graph network, or None.

    Attributes:
        tracks: (N,) int64 track of each detection, −1 while it has none.
        stages: (N,) int64 number of the stage that found ``tracks``, −1 while there is none.
        reentered: (R,) tracks that came back elsewhere.
        comparison: Cosines of the tracks in view, once a stage has compared them.
    """

    def __init__(
        self,
        pool: TrackPool,
        detections: Detections,
        feats: Tensor | None,
        appearance: TrackAppearance,
        graph: 'GraphNetwork | None' = None,
    ) -> None:
        self.graph = graph
        self.pool = pool
        self.detections = detections
        self.feats = feats
        self.appearance = appearance
        self.tracks = np.full(len(detections), -1, dtype=np.int64)
        self.stages = np.full(len(detections), -1, dtype=np.int64)
        self.reentered = np.zeros(0, dtype=np.int64)
        self.comparison: Comparison | None = None

    # ---- who is left

    @cached_property
    def recent(self) -> np.ndarray:
        """Reported tracks whose motion is still trusted, matched ones included."""
        return self.pool.recent()

    def unmatched(self, tracks: np.ndarray) -> np.ndarray:
        """Return those of some tracks that have no detection."""
        matched = np.zeros(self.pool.state.capacity + 1, dtype=bool)
        matched[self.tracks] = True  # -1, no track, is the last
        return tracks[~matched[tracks]]

    def of_known_appearance(self, tracks: np.ndarray) -> np.ndarray:
        """Return those of some tracks whose appearance is known."""
        return tracks[self.appearance.known(tracks)]

    def free(self, group: np.ndarray) -> np.ndarray:
        """Return the detections of ``group`` (N,) bool that have no track."""
        return np.flatnonzero(group & (self.tracks < 0))

    def with_features(self, group: np.ndarray) -> np.ndarray:
        """Return the detections of ``group`` (N,) bool, none in a frame without features."""
        return np.zeros(0, dtype=np.int64) if self.feats is None else np.flatnonzero(group)

    # ---- how well they fit

    def features(self, dets: np.ndarray) -> Tensor:
        """Return the features (P, C) of detections, ascending, in a frame that has some."""
        assert self.feats is not None
        return take_rows(self.feats, dets)

    def iou(self, tracks: np.ndarray, dets: np.ndarray) -> np.ndarray:
        """Return the overlap (T, P) of predicted boxes and detections."""
        return pairwise_iou(self.pool.predicted_boxes(tracks), self.detections.boxes[dets])

    def vetoed(self, tracks: np.ndarray, dets: np.ndarray) -> np.ndarray:
        """Return (T, P) bool: the detection is a clear view of someone unlike the track."""
        vetoed = np.zeros((len(tracks), len(dets)), dtype=bool)
        if self.comparison is None:
            return vetoed
        seen_tracks, seen, cosines, threshold = self.comparison
        row, column = np.isin(tracks, seen_tracks), np.isin(dets, seen)
        at = np.searchsorted(seen_tracks, tracks[row]), np.searchsorted(seen, dets[column])
        similarity = self.appearance.likelihood(cosines[np.ix_(*at)])
        unlike = self.detections.clear[dets[column]] & (similarity < threshold)
        vetoed[np.ix_(row, column)] = unlike
        return vetoed

    # ---- pairs

    def match(
        self, tracks: np.ndarray, dets: np.ndarray, cost: np.ndarray, threshold: float
    ) -> None:
        """Match tracks and detections of their class at least cost (T, P), up to ``threshold``."""
        labels = self.pool.state.labels[tracks]
        other_class = labels[:, None] != self.detections.labels[dets]
        if other_class.any():
            cost = np.where(other_class, np.inf, cost)
        rows, columns = assign(cost, threshold)
        self.tracks[dets[columns]] = tracks[rows]

    def finish(self) -> Matches:
        """Return all pairs."""
        dets = np.flatnonzero(self.tracks >= 0)
        cosines, column, own = self._compared_cosines()
        similarity = np.full(len(self.detections), np.nan)
        similarity[column] = own
        return Matches(
            tracks=self.tracks[dets],
            dets=dets,
            reentered=self.reentered,
            unmatched=np.flatnonzero(self.tracks < 0),
            cosines=cosines,
            own_cosines=own,
            stages=self.stages[dets],
            own=similarity[dets],
        )

    def _compared_cosines(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return cosines (...) within a class, matched detections (Q,) and their cosines (Q,)."""
        if self.comparison is None:
            return np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0)
        tracks, dets, cosines, _ = self.comparison
        owners = self.tracks[dets]
        row = np.searchsorted(tracks, owners).clip(max=len(tracks) - 1)
        column = np.flatnonzero(tracks[row] == owners)
        own = cosines[row[column], column]
        labels, det_labels = self.pool.state.labels[tracks], self.detections.labels[dets]
        if (labels == labels[0]).all() and (det_labels == labels[0]).all():
            return cosines, dets[column], own
        return cosines[labels[:, None] == det_labels], dets[column], own
