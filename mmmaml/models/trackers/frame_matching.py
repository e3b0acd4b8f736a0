"""Which track each detection of a frame belongs to."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from torch import Tensor

from . import motion
from .association import assign, assign_pairs, fused_distance, pairwise_iou
from .detections import Detections
from .track_pool import TrackPool


class FrameMatching:
    """The stages of matching one frame; each works on what those before it left.

    A stage is a method ``by_<name>`` without arguments; :meth:`run` calls those that
    ``TrackerOptions.stages`` names, in that order.

    Tracks are named by their slots in the pool.

    Args:
        pool: The tracks, predicted for this frame.
        detections: The N detections of this frame.
        similarity: Cosine (T, P) between slots (T,) and features (P, C).
        likeness: What cosines of single detections say, for :meth:`by_appearance` and the veto
            on strangers.

    Attributes:
        slots: (N,) int64 track of each detection, −1 while it has none.
        returned: (T,) tracks that were found again by :meth:`by_return`.
    """

    def __init__(
        self,
        pool: TrackPool,
        detections: Detections,
        similarity: Callable[[np.ndarray, Tensor], np.ndarray],
        likeness: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.pool = pool
        self.options = pool.options
        self.detections = detections
        self.slots = np.full(len(detections), -1, dtype=np.int64)
        self.returned = np.zeros(0, dtype=np.int64)
        self._similarity = similarity
        self._likeness = likeness
        # Tracks (T,), detections (P,) and cosines (T, P) that by_appearance looked at.
        self._compared: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Tracks (P,) and detections (P,) matched so far, by detection."""
        found = np.flatnonzero(self.slots >= 0)
        return self.slots[found], found

    def compared(self) -> tuple[np.ndarray, np.ndarray]:
        """Cosines (...) of tracks and detections of their class, those (Q,) that were matched."""
        if self._compared is None:
            return np.zeros(0), np.zeros(0)
        tracks, found, cosines = self._compared
        owners = self.slots[found]
        row = np.searchsorted(tracks, owners).clip(max=len(tracks) - 1)
        column = np.flatnonzero(tracks[row] == owners)
        matched = cosines[row[column], column]
        labels, found_labels = self.pool.state.labels[tracks], self.detections.labels[found]
        if (labels == labels[0]).all() and (found_labels == labels[0]).all():
            return cosines, matched
        return cosines[labels[:, None] == found_labels], matched

    def free(self, group: np.ndarray) -> np.ndarray:
        """Indices of the detections of ``group`` (N,) bool that have no track."""
        return np.flatnonzero(group & (self.slots < 0))

    def assign_new(self, tracks: np.ndarray, found: np.ndarray) -> None:
        """Give detections (P,) to tracks (P,) just started for them."""
        self.slots[found] = tracks

    def run(self) -> None:
        """Match by all stages."""
        for stage in self.options.stages:
            getattr(self, f'by_{stage}')()

    def by_appearance(self) -> None:
        """Match recent tracks within the motion gate, by similarity and motion together."""
        options, state = self.options, self.pool.state
        tracks = self.pool.with_looks(self._unmatched(self._recent))
        found = self._with_features(self.detections.high & (self.slots < 0))
        if not len(tracks) or not len(found):
            return
        cosines = self._similarity(tracks, self.detections.features(found))
        self._compared = tracks, found, cosines
        row, column = motion.pairs_in_reach(
            state.motion[tracks], self.detections.measured[found], options.box_model
        )
        weight, alike = options.motion_weight, self._likeness(cosines[row, column])
        # At the edge of the motion gate; nearer tracks may look less alike.
        limit = (1 - weight) * (1 - options.match_sim_thr) + weight * motion.CHI2_95_4DOF
        track, detection = tracks[row], found[column]
        distance = motion.gating_distance(
            state.motion[track], self.detections.measured[detection], options.box_model
        )
        cost = (1 - weight) * (1 - alike) + weight * distance
        cost += options.unseen_cost * ~self.pool.just_seen(track)
        near = (distance <= motion.CHI2_95_4DOF) & (cost <= limit)
        near &= ~self._clearly_unlike(detection, alike)
        near &= state.labels[track] == self.detections.labels[detection]
        rows, columns = assign_pairs(row[near], column[near], cost[near], limit)
        self.slots[found[columns]] = tracks[rows]

    def by_overlap(self) -> None:
        """Match recent tracks by their predicted boxes."""
        self._overlap(self._recent, self.detections.high, self.options.match_iou_thr)

    def by_low_scores(self) -> None:
        """Match tracks of the frame before to weak detections by their predicted boxes."""
        options, recent = self.options, self._recent
        just_seen = recent[self.pool.just_seen(recent)]
        threshold = options.low_iou_thr
        threshold = options.match_iou_thr if threshold is None else threshold
        self._overlap(just_seen, self.detections.low, threshold)

    def by_tentative(self) -> None:
        """Match tentative tracks by their predicted boxes."""
        tracks = self.pool.tentative()
        self._overlap(tracks, self.detections.high, self.options.tentative_iou_thr)

    def by_fusion(self) -> None:
        """Match recent tracks by box or looks, whichever is nearer (BoT-SORT)."""
        self._fusion(self._recent, self.options.match_iou_thr)

    def by_tentative_fusion(self) -> None:
        """Match tentative tracks by box or looks, whichever is nearer (BoT-SORT)."""
        self._fusion(self.pool.tentative(), self.options.tentative_iou_thr)

    def by_return(self) -> None:
        """Match lost tracks by appearance alone, where their people can have got to.

        Someone who returns is often half hidden at first. So they are looked for as long as
        their new track is tentative; the old track then takes its detection, and it ends.
        """
        pool, detections = self.pool, self.detections
        tracks = pool.with_looks(self._unmatched(pool.confirmed()))
        if not len(tracks):
            return
        unnamed = (self.slots < 0) | ~pool.state.confirmed[self.slots]
        found = self._with_features(detections.high & unnamed)
        if not len(found):
            return
        reachable = pool.reachable(tracks, detections.boxes[found])
        rows, columns = reachable.any(axis=1), reachable.any(axis=0)
        tracks, found = tracks[rows], found[columns]
        if not len(tracks):
            return
        cost = 1 - self._similarity(tracks, pool.looks_since_start(self.slots, found, detections))
        cost[~reachable[np.ix_(rows, columns)]] = np.inf
        before = self.slots[found]
        self._assign(tracks, found, cost, 1 - self.options.reentry_sim_thr)
        changed = self.slots[found] != before
        self.returned = self.slots[found[changed]]

    def _overlap(self, tracks: np.ndarray, group: np.ndarray, threshold: float) -> None:
        """Match tracks (T,) to free detections of ``group`` (N,) bool of at least this IoU."""
        tracks, found = self._unmatched(tracks), self.free(group)
        if not len(tracks) or not len(found):
            return
        cost = 1 - self._iou(tracks, found)
        cost[self._strangers(tracks, found)] = np.inf
        self._assign(tracks, found, cost, 1 - threshold)

    def _strangers(self, tracks: np.ndarray, found: np.ndarray) -> np.ndarray:
        """(T, P) bool: a clear view of someone who does not look like the track at all."""
        strangers = np.zeros((len(tracks), len(found)), dtype=bool)
        if self._compared is None:
            return strangers
        seen_tracks, seen, cosines = self._compared
        row, column = np.isin(tracks, seen_tracks), np.isin(found, seen)
        at = np.searchsorted(seen_tracks, tracks[row]), np.searchsorted(seen, found[column])
        unlike = self._clearly_unlike(found[column], self._likeness(cosines[np.ix_(*at)]))
        strangers[np.ix_(row, column)] = unlike
        return strangers

    def _clearly_unlike(self, found: np.ndarray, likeness: np.ndarray) -> np.ndarray:
        """Whether detections (..., P) are clear views of someone of too little likeness."""
        clear = self.detections.covered[found] <= self.options.max_covered
        return clear & (likeness < self.options.overlap_sim_thr)

    def _fusion(self, tracks: np.ndarray, iou_thr: float) -> None:
        """Match tracks (T,) to strong detections; ``iou_thr`` bounds the distance by 1 − IoU."""
        options, detections = self.options, self.detections
        tracks, found = self._unmatched(tracks), self.free(detections.high)
        if not len(tracks) or not len(found):
            return
        iou = self._iou(tracks, found)
        similarity = np.full(iou.shape, -np.inf)
        known = self.pool.looks_known(tracks)
        if detections.feats is not None and known.any():
            similarity[known] = self._similarity(tracks[known], detections.features(found))
        scores = detections.scores[found] if options.fuse_scores else None
        near, alike = options.proximity_iou_thr, options.match_sim_thr
        cost = fused_distance(iou, similarity, near, alike, scores)
        self._assign(tracks, found, cost, 1 - iou_thr)

    def _iou(self, tracks: np.ndarray, found: np.ndarray) -> np.ndarray:
        """Overlap (T, P) of predicted boxes and detections."""
        predicted = motion.predicted_boxes(self.pool.state.motion[tracks], self.options.box_model)
        return pairwise_iou(predicted, self.detections.boxes[found])

    @cached_property
    def _recent(self) -> np.ndarray:
        return self.pool.recent()

    def _unmatched(self, tracks: np.ndarray) -> np.ndarray:
        matched = np.zeros(self.pool.state.capacity + 1, dtype=bool)
        matched[self.slots] = True  # -1, no track, is the last
        return tracks[~matched[tracks]]

    def _with_features(self, group: np.ndarray) -> np.ndarray:
        """Indices of the detections of ``group``, none in a frame without features."""
        known = self.detections.feats is not None
        return np.flatnonzero(group) if known else np.zeros(0, dtype=np.int64)

    def _assign(
        self, tracks: np.ndarray, found: np.ndarray, cost: np.ndarray, threshold: float
    ) -> None:
        """Match tracks (T,) to detections (P,) of their class by cost (T, P)."""
        labels = self.pool.state.labels[tracks]
        other_class = labels[:, None] != self.detections.labels[found]
        if other_class.any():
            cost = np.where(other_class, np.inf, cost)
        rows, columns = assign(cost, threshold)
        self.slots[found[columns]] = tracks[rows]
