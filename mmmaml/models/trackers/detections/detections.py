"""The detections of one frame, sorted by what they may do. NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmmaml.utils.option_checks import check_number

from ..motion.box_models import BoxModel
from .box_geometry import occlusion

SMALLEST_SIDE = 1e-6
"""Of a box, in pixels; with less it has no area, and its aspect ratio no meaning."""


@dataclass(frozen=True)
class DetectionOptions:
    """Options of the tracker that say what a detection may do; see ``OnlineMetaTracker``.

    Raises:
        ValueError: A value is out of its range, or two contradict each other.
    """

    classes: Sequence[int] | None = None
    score_thr: float = 0.6
    low_score_thr: float = 0.3
    init_score_thr: float = 0.7
    max_occlusion: float = 0.5

    def __post_init__(self) -> None:
        if self.classes is not None:
            self._check_classes()
        check_number('score_thr', self.score_thr, 'a number')
        check_number(
            'low_score_thr',
            self.low_score_thr,
            f'at most score_thr={self.score_thr}',
            at_most=self.score_thr,
        )
        check_number(
            'init_score_thr',
            self.init_score_thr,
            f'at least score_thr={self.score_thr}: weaker detections cannot start a track',
            at_least=self.score_thr,
        )
        check_number('max_occlusion', self.max_occlusion, 'between 0 and 1', 0, 1)

    def _check_classes(self) -> None:
        numbers = isinstance(self.classes, Sequence) and all(
            isinstance(label, int) and label >= 0 for label in self.classes
        )
        if not numbers or not self.classes:
            raise ValueError(f'classes={self.classes!r} must be labels from 0 on, or None')
        object.__setattr__(self, 'classes', tuple(self.classes))  # configs have lists


@dataclass(frozen=True)
class Detections:
    """The N usable detections of a frame.

    Attributes:
        rows: (N,) int64: rows of the input. Boxes without area and of classes that
            are not tracked are nobody and left out.
        boxes: (N, 4) float64 xyxy in pixels.
        measured: (N, 4) the same as the box model of the Kalman filter has them.
        scores: (N,) float64.
        labels: (N,) int64.
        high: (N,) bool: score enough for every stage.
        low: (N,) bool: score enough to continue a track by overlap only.
        starts: (N,) bool: score enough to start a track.
        occlusion: (N,) in 0..1: share that a box in front hides, of the boxes with ``high``.
        clear: (N,) bool: not too much of it is hidden to know the person by it.
    """

    rows: np.ndarray
    boxes: np.ndarray
    measured: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    high: np.ndarray
    low: np.ndarray
    starts: np.ndarray
    occlusion: np.ndarray
    clear: np.ndarray

    @classmethod
    def select(
        cls,
        boxes: np.ndarray,
        scores: np.ndarray,
        labels: np.ndarray,
        options: DetectionOptions,
        box_model: BoxModel,
    ) -> 'Detections':
        """Sort out the usable of M boxes (M, 4), scores (M,) and labels (M,), all finite."""
        usable = (boxes[:, 2:] - boxes[:, :2] >= SMALLEST_SIDE).all(axis=1)
        if options.classes is not None:
            usable &= np.isin(labels, options.classes)
        rows = np.flatnonzero(usable)
        kept, score = boxes[rows], scores[rows]
        high = score >= options.score_thr
        hidden = np.zeros(len(kept))
        hidden[high] = occlusion(kept[high])
        return cls(
            rows=rows,
            boxes=kept,
            measured=box_model.measure(kept),
            scores=score,
            labels=labels[rows],
            high=high,
            low=~high & (score >= options.low_score_thr),
            starts=score >= options.init_score_thr,
            occlusion=hidden,
            clear=hidden <= options.max_occlusion,
        )

    def __len__(self) -> int:
        return len(self.rows)

    def trust(self, dets: np.ndarray) -> np.ndarray:
        """Return how far the features of detections (P,) can be believed, in (0, 1]."""
        visible = 1 - self.occlusion[dets]
        return np.clip(self.scores[dets] * visible, 0.05, 1.0)
