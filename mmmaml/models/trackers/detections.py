"""The detections of one frame, checked and sorted by what they may do."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .association import covered_fraction
from .tracker_options import TrackerOptions


@dataclass
class Detections:
    """The N usable detections of a frame on the CPU; features stay where they are.

    Attributes:
        rows: (N,) int64: rows of the input. Boxes without area are nobody and left out.
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
        options: For the score thresholds and the box model.

    Raises:
        ValueError: A shape does not fit, or a value is NaN or infinite; the message names the
            input, the row and its value.
    """
    _check_shapes(bboxes, scores, labels, feats)
    boxes = bboxes.detach().cpu().double().numpy()
    score = scores.detach().cpu().double().numpy()
    label = labels.detach().cpu().long().numpy()
    _refuse_non_finite('bboxes', boxes)
    _refuse_non_finite('scores', score[:, None])
    if feats is not None:
        # Half precision is too coarse to average.
        feats = feats.detach().to(torch.promote_types(feats.dtype, torch.float32))
        # A sum is finite unless a term is not or it overflows: one pass where all is well.
        if not math.isfinite(feats.sum()):
            _refuse_non_finite('feats', feats.cpu().numpy())

    rows = np.flatnonzero((boxes[:, 2:] > boxes[:, :2]).all(axis=1))
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


def _check_shapes(bboxes: Tensor, scores: Tensor, labels: Tensor, feats: Tensor | None) -> None:
    number = len(bboxes)
    expected = {'bboxes': (number, 4), 'scores': (number,), 'labels': (number,)}
    values = {'bboxes': bboxes, 'scores': scores, 'labels': labels}
    if feats is not None:
        expected['feats'] = (number, feats.shape[-1] if feats.ndim else 1)
        values['feats'] = feats
    for name, shape in expected.items():
        if tuple(values[name].shape) != shape:
            raise ValueError(
                f'{name} has shape {tuple(values[name].shape)}, expected {shape}: give bboxes '
                '(N, 4), scores (N,), labels (N,) and feats (N, C) of the same N detections'
            )


def _rows(feats: Tensor, indices: np.ndarray) -> Tensor:
    """Rows of ``feats`` at distinct, ascending ``indices``."""
    if len(indices) == len(feats):
        return feats
    return feats.index_select(0, torch.from_numpy(indices).to(feats.device))


def _refuse_non_finite(name: str, rows: np.ndarray) -> None:
    finite = np.isfinite(rows)
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        values = ', '.join(f'{value:g}' for value in rows[row, :8].tolist())
        raise ValueError(
            f'{name} row {row} of {len(rows)} holds NaN or infinity ({values} ...): leave such '
            'detections out, and look at the network that made them'
        )
