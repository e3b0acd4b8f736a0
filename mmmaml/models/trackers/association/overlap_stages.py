"""Matching by the overlap of predicted boxes and detections."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from mmmaml.utils.box_overlap import pairwise_iou

from ..detections.box_geometry import height_overlap
from .appearance_stage import AppearanceStage
from .partial_matches import PartialMatches
from .stage import Stage


class OverlapDefault(NamedTuple):
    """Default of an overlap threshold, by what else is known of the frame.

    Attributes:
        appearance: In frames with features.
        motion: In frames without.
    """

    appearance: float
    motion: float


@dataclass(frozen=True)
class _ByOverlap(Stage):
    """Some tracks and some detections, by IoU times the overlap of heights.

    People at other distances from the camera overlap in the image, but stand and end at other
    heights of it: the height-modulated IoU of Yang et al. ("Hybrid-SORT", 2024).
    """

    iou_thr: float | None = None
    height_modulated: bool = True
    default: ClassVar[OverlapDefault]

    def __post_init__(self) -> None:
        if self.iou_thr is not None:
            self._check('iou_thr', 'between 0 and 1, or None', 0, 1)

    @abstractmethod
    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        """Return tracks (T,) and a group (N,) bool of detections."""

    def match(self, frame: PartialMatches) -> None:
        """Match those of the candidates that are left."""
        candidates, group = self._candidates(frame)
        tracks, dets = frame.unmatched(candidates), frame.free(group)
        if not len(tracks) or not len(dets):
            return
        iou_thr = self.iou_thr
        if iou_thr is None:
            iou_thr = self.default.motion if frame.feats is None else self.default.appearance
        expected, boxes = frame.pool.predicted_boxes(tracks), frame.detections.boxes[dets]
        iou = pairwise_iou(expected, boxes)
        if self.height_modulated:
            row, column = np.nonzero(iou >= iou_thr)  # the others can only become worse
            iou[row, column] *= height_overlap(expected[row], boxes[column])
        cost = 1 - iou
        cost[frame.vetoed(tracks, dets)] = np.inf
        frame.match(tracks, dets, cost, 1 - iou_thr)


@dataclass(frozen=True)
class OverlapStage(_ByOverlap):
    """Recent tracks and strong detections, by overlap; obeys the veto of ``appearance``.

    Args:
        iou_thr: Least overlap (IoU) with the predicted box, 0..1. Lower it for low frame rates
            and moving cameras. None: 0.4, as those who are left did not look alike; 0.1 in a
            frame without features.
        height_modulated: Multiply overlaps by those of the heights. False takes the plain IoU.
    """

    name: ClassVar[str] = 'overlap'
    default: ClassVar[OverlapDefault] = OverlapDefault(appearance=0.4, motion=0.1)

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
        iou_thr: Least overlap (IoU) with the predicted box, 0..1. None: 0.5.
        height_modulated: As in ``overlap``.
    """

    name: ClassVar[str] = 'low_scores'
    default: ClassVar[OverlapDefault] = OverlapDefault(appearance=0.5, motion=0.5)

    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        return frame.recent[frame.pool.just_seen(frame.recent)], frame.detections.low


@dataclass(frozen=True)
class TentativeStage(_ByOverlap):
    """Tracks not yet confirmed, which hardly know their motion, by overlap.

    Args:
        iou_thr: Least overlap (IoU) with the predicted box, 0..1. None: 0.4, or 0.2 in a frame
            without features.
        height_modulated: As in ``overlap``.
    """

    name: ClassVar[str] = 'tentative'
    default: ClassVar[OverlapDefault] = OverlapDefault(appearance=0.4, motion=0.2)

    def _candidates(self, frame: PartialMatches) -> tuple[np.ndarray, np.ndarray]:
        return frame.pool.tentative(), frame.detections.high
