"""Tensors of a frame as the tracker takes them."""

import numpy as np
import torch
from torch import Tensor

from ..motion.box_models import BoxModel
from .detections import DetectionOptions, Detections
from .input_checks import box_array, check_shapes, feature_rows, label_array, score_array


def check_detections(
    bboxes: Tensor,
    scores: Tensor,
    labels: Tensor,
    feats: Tensor | None,
    options: DetectionOptions,
    box_model: BoxModel,
) -> tuple[Detections, Tensor | None]:
    """Check the detections of a frame and bring all but their features to the CPU.

    Args:
        bboxes: (M, 4) xyxy in pixels.
        scores: (M,).
        labels: (M,).
        feats: (M, C) or None.
        options: Score thresholds and classes.
        box_model: Box model of the Kalman filter.

    Returns:
        The N usable detections, and their features (N, C) or None.

    Raises:
        TypeError: An input is no tensor.
        ValueError: A shape does not fit, or a value is NaN, infinite or beyond all images; the
            message names the input, the row and its value.
    """
    check_shapes(bboxes, scores, labels, feats)
    boxes, score, label = box_array(bboxes), score_array(scores), label_array(labels)
    if feats is not None:
        feats = feature_rows(feats)
    detections = Detections.select(boxes, score, label, options, box_model)
    return detections, None if feats is None else take_rows(feats, detections.rows)


def take_rows(feats: Tensor, rows: np.ndarray) -> Tensor:
    """Return ``feats`` (N, C) at distinct, ascending rows (P,)."""
    if len(rows) == len(feats):
        return feats
    return feats.index_select(0, torch.from_numpy(rows).to(feats.device))
