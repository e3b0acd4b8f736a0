"""Matching by the overlap of predicted boxes and detections."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .appearance_stage import AppearanceStage
from .partial_matches import PartialMatches
from .stage import Stage


@dataclass(frozen=True)
class _ByOverlap(Stage):
    """Some tracks and some detections, by IoU."""

    iou_thr: float = 0.5

    def __post_init__(self) -> None:
        self._check_share('iou_thr')

    @abstractmethod
    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        """Return tracks (T,) and a group (N,) bool of detections."""

    def match(self, frame: PartialMatches) -> None:
        """Match those of the candidates that are left."""
        candidates, group = self._candidates(frame)
        tracks, dets = frame.unmatched(candidates), frame.free(group)
        if not len(tracks) or not len(dets):
            return
        cost = 1 - frame.iou(tracks, dets)
        cost[frame.vetoed(tracks, dets)] = np.inf
        frame.match(tracks, dets, cost, 1 - self.iou_thr)


@dataclass(frozen=True)
class OverlapStage(_ByOverlap):
    """Recent tracks and strong detections, by overlap; obeys the veto of ``appearance``.

    Args:
        iou_thr: Least overlap (IoU) with the predicted box, 0..1. Lower it for low frame rates
            and moving cameras.
    """

    name: ClassVar[str] = 'overlap'

    iou_thr: float = 0.3

    def order_problem(self, later: Sequence[Stage]) -> str | None:
        """Name ``appearance`` if it comes later and has a veto."""
        for stage in later:
            if isinstance(stage, AppearanceStage) and stage.vetoes:
                return (
                    f'{self.name} comes before {stage.name}, but obeys its veto, which is not '
                    f'known yet: put {stage.name} first in stages.order, or turn the veto off '
                    f'with {stage.name}=dict(veto_sim_thr=-1)'
                )
        return None

    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        return frame.recent, frame.detections.high


@dataclass(frozen=True)
class LowScoresStage(_ByOverlap):
    """Tracks of the frame before and weak detections, people half hidden, by overlap.

    Args:
        iou_thr: Least overlap (IoU) with the predicted box, 0..1.
    """

    name: ClassVar[str] = 'low_scores'

    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        return frame.recent[frame.pool.just_seen(frame.recent)], frame.detections.low


@dataclass(frozen=True)
class TentativeStage(_ByOverlap):
    """Tracks not yet confirmed, which hardly know their motion, by overlap.

    Args:
        iou_thr: Least overlap (IoU) with the predicted box, 0..1.
    """

    name: ClassVar[str] = 'tentative'

    iou_thr: float = 0.3

    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        return frame.pool.tentative(), frame.detections.high
