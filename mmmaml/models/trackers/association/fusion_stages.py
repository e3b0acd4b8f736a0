"""Matching by box or appearance, whichever is nearer: BoT-SORT (Aharon et al., 2022)."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .partial_matches import PartialMatches
from .stage import SimilarityDefault, Stage

SIM_THR = SimilarityDefault(plain=0.4, adapted=0.4)


def fused_distance(
    iou: np.ndarray,
    similarity: np.ndarray,
    iou_thr: float,
    similarity_thr: float,
    scores: np.ndarray | None = None,
) -> np.ndarray:
    """Return the smaller of box distance and halved cosine distance.

    Appearance counts only between boxes that are near each other and features that are alike;
    there it can only bring a pair closer.

    Args:
        iou: (T, N) overlap, in 0..1.
        similarity: (T, N) cosine, −inf if unknown.
        iou_thr: Least overlap for appearance to count.
        similarity_thr: Least similarity for appearance to count.
        scores: (N,) of the detections, to weigh the overlap by; None does not.

    Returns:
        (T, N) in 0..1.
    """
    count = (iou >= iou_thr) & (similarity >= similarity_thr)
    appearance = np.where(count, (1 - similarity) / 2, 1.0)
    return np.minimum(1 - (iou if scores is None else iou * scores), appearance)


@dataclass(frozen=True)
class _Fusion(Stage):
    """Some tracks and strong detections, by the smaller of box and appearance distance."""

    iou_thr: float = 0.5
    sim_thr: float | None = None
    proximity_iou_thr: float = 0.5
    fuse_scores: bool = False

    def __post_init__(self) -> None:
        self._check_share('iou_thr')
        self._check_similarity('sim_thr')
        self._check_share('proximity_iou_thr')

    @abstractmethod
    def _candidates(self, frame: PartialMatches) -> np.ndarray:
        """Return tracks (T,)."""

    def match(self, frame: PartialMatches) -> None:
        """Match those of the candidates that are left to strong detections."""
        tracks, dets = frame.unmatched(self._candidates(frame)), frame.free(frame.detections.high)
        if not len(tracks) or not len(dets):
            return
        iou = frame.iou(tracks, dets)
        similarity = np.full(iou.shape, -np.inf)
        known = frame.appearance.known(tracks)
        if frame.feats is not None and known.any():
            feats = frame.features(dets)
            similarity[known] = frame.appearance.similarity(tracks[known], feats)
        scores = frame.detections.scores[dets] if self.fuse_scores else None
        sim_thr = SIM_THR.unless(self.sim_thr, frame.appearance)
        cost = fused_distance(iou, similarity, self.proximity_iou_thr, sim_thr, scores)
        frame.match(tracks, dets, cost, 1 - self.iou_thr)


@dataclass(frozen=True)
class FusionStage(_Fusion):
    """Recent tracks and strong detections, by the smaller of box and appearance distance.

    Args:
        iou_thr: Bounds the distance by 1 − IoU, 0..1. Larger: fewer pairs, of better fit.
        sim_thr: Least cosine for appearance to count, −1..1. None: 0.4.
        proximity_iou_thr: Least overlap (IoU) for appearance to count, 0..1. Larger: appearance
            decides only between boxes that nearly fit anyway.
        fuse_scores: Multiply overlaps by the scores of the detections: certain ones then match
            first, and uncertain ones need more overlap.
    """

    name: ClassVar[str] = 'fusion'

    def _candidates(self, frame: PartialMatches) -> np.ndarray:
        return frame.recent


@dataclass(frozen=True)
class TentativeFusionStage(_Fusion):
    """Tracks not yet confirmed, as in ``fusion``, with thresholds of their own."""

    name: ClassVar[str] = 'tentative_fusion'

    def _candidates(self, frame: PartialMatches) -> np.ndarray:
        return frame.pool.tentative()
