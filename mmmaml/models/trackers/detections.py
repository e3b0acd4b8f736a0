"""The detections of one frame, checked and sorted by what they may do."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .association import covered_fraction
from .input_checks import (
    SMALLEST_SIDE,
    box_array,
    check_shapes,
    feature_rows,
    label_array,
    score_array,
)
from .tracker_options import TrackerOptions


@dataclass
class Detections:
    """The N usable detections of a frame on the CPU; features stay where they are.

    Attributes:
        rows: (N,) int64: rows of the input. Boxes without area and of classes that
            are not tracked are nobody and left out.
        boxes: (N, 4) float64 xyxy in pixels.
        measured: (N, 4) the same as the box model of the Kalman filter has them.
        scores: (N,) float64.
        labels: (N,) int64.
        high: (N,) bool: score enough for every stage.
        low: (N,) bool: score enough to continue a track by overlap only.
        covered: (N,) in 0..1: share that a box in front hides, of the boxes with ``high``.
        feats: (N, C), or None.
    """

    rows: np.ndarray
    boxes: np.ndarray
    measured: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    high: np.ndarray
    low: np.ndarray
    covered: np.ndarray
    feats: Tensor | None

    def __len__(self) -> int:
        return len(self.rows)

    def features(self, indices: np.ndarray) -> Tensor:
        """Features (P, C) of the detections ``indices`` (P,), distinct and ascending."""
        assert self.feats is not None
        return _rows(self.feats, indices)

    def trust(self, indices: np.ndarray) -> np.ndarray:
        """How far the looks of ``indices`` (P,) can be believed, in (0, 1]."""
        visible = 1 - self.covered[indices]
        return np.clip(self.scores[indices] * visible, 0.05, 1.0)


def check_detections(
    bboxes: Tensor,
    scores: Tensor,
    labels: Tensor,
    feats: Tensor | None,
    options: TrackerOptions,
) -> Detections:
    """Check the detections of a frame and bring them to the CPU.

    Args:
        bboxes: (M, 4) xyxy in pixels.
        scores: (M,).
        labels: (M,).
        feats: (M, C) or None.
        options: For the score thresholds, the classes and the box model.

    Raises:
        TypeError: An input is no tensor.
        ValueError: A shape does not fit, or a value is NaN, infinite or beyond all images; the
            message names the input, the row and its value.
    """
    check_shapes(bboxes, scores, labels, feats)
    boxes, score, label = box_array(bboxes), score_array(scores), label_array(labels)
    if feats is not None:
        feats = feature_rows(feats)

    usable = (boxes[:, 2:] - boxes[:, :2] >= SMALLEST_SIDE).all(axis=1)
    if options.classes is not None:
        usable &= np.isin(label, options.classes)
    rows = np.flatnonzero(usable)
    kept, score_kept = boxes[rows], score[rows]
    high = score_kept >= options.score_thr
    covered = np.zeros(len(kept))
    covered[high] = covered_fraction(kept[high])
    return Detections(
        rows=rows,
        boxes=kept,
        measured=options.box_model.measure(kept),
        scores=score_kept,
        labels=label[rows],
        high=high,
        low=~high & (score_kept >= options.low_score_thr),
        covered=covered,
        feats=None if feats is None else _rows(feats, rows),
    )


def _rows(feats: Tensor, indices: np.ndarray) -> Tensor:
    """Rows of ``feats`` at distinct, ascending ``indices``."""
    if len(indices) == len(feats):
        return feats
    return feats.index_select(0, torch.from_numpy(indices).to(feats.device))
