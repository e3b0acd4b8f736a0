"""Checks of a frame before it is tracked."""

import math
import operator

import numpy as np
import torch
from torch import Tensor

LARGEST_FRAME_ID = 2**53
"""In size; up to there numbers of frames are exact as floats, too."""

LARGEST_COORDINATE = 1e9
"""Of a box, in pixels and in size: its square times a variance is far from overflowing."""


def check_frame_id(frame_id: int, before: int | None) -> int:
    """Return the number of a frame as an int.

    Args:
        frame_id: A whole number.
        before: That of the frame before, None for the first.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is not greater than the one before, or larger than 2^53 in size.
    """
    try:
        number = operator.index(frame_id)
    except TypeError:
        raise TypeError(
            f'frame_id {frame_id!r} is a {type(frame_id).__name__}, expected a whole number'
        ) from None
    if abs(number) > LARGEST_FRAME_ID:
        raise ValueError(f'frame_id {number} is larger than 2^53: count frames from 0')
    if before is not None and number <= before:
        raise ValueError(
            f'frame_id {number} does not come after frame_id {before}: give the frames of '
            'a video in order, and call reset() before another video'
        )
    return number


def check_shapes(bboxes: Tensor, scores: Tensor, labels: Tensor, feats: Tensor | None) -> None:
    """Check that all are tensors of the same detections.

    Raises:
        TypeError: One is no tensor.
        ValueError: One has another shape.
    """
    values = {'bboxes': bboxes, 'scores': scores, 'labels': labels}
    if feats is not None:
        values['feats'] = feats
    for name, value in values.items():
        if not isinstance(value, Tensor):
            raise TypeError(f'{name} is a {type(value).__name__}, expected a torch.Tensor')
    number = len(bboxes) if bboxes.ndim else 0
    expected = {'bboxes': (number, 4), 'scores': (number,), 'labels': (number,)}
    if feats is not None:
        expected['feats'] = (number, feats.shape[-1] if feats.ndim else 1)
    for name, shape in expected.items():
        if tuple(values[name].shape) != shape:
            raise ValueError(
                f'{name} has shape {tuple(values[name].shape)}, expected {shape}: give bboxes '
                '(N, 4), scores (N,), labels (N,) and feats (N, C) of the same N detections'
            )


def box_array(bboxes: Tensor) -> np.ndarray:
    """Return boxes (N, 4) as float64.

    Raises:
        ValueError: A coordinate is NaN, infinite or larger than 10^9 pixels in size.
    """
    boxes = bboxes.detach().cpu().double().numpy()
    refuse_non_finite('bboxes', boxes)
    if boxes.size and np.abs(boxes).max() > LARGEST_COORDINATE:
        row = int(np.abs(boxes).max(axis=1).argmax())
        raise ValueError(
            f'bboxes row {row} of {len(boxes)} is {boxes[row].tolist()}: coordinates are pixels, '
            f'at most {LARGEST_COORDINATE:g} in size; leave such detections out, and look at the '
            'network that made them'
        )
    return boxes


def score_array(scores: Tensor) -> np.ndarray:
    """Return scores (N,) as float64.

    Raises:
        ValueError: One is NaN or infinite.
    """
    score = scores.detach().cpu().double().numpy()
    refuse_non_finite('scores', score[:, None])
    return score


def label_array(labels: Tensor) -> np.ndarray:
    """Return labels (N,) as int64.

    Raises:
        ValueError: One is no whole number.
    """
    if labels.is_floating_point():
        wrong = (labels != labels.round()) | ~labels.isfinite()
        if wrong.any():
            row = int(wrong.nonzero()[0])
            raise ValueError(
                f'labels row {row} of {len(labels)} is {float(labels[row]):g}: a class is a whole '
                'number'
            )
    return labels.detach().cpu().long().numpy()


def feature_rows(feats: Tensor) -> Tensor:
    """Return features (N, C) without graph, in single precision at least, on their device.

    Raises:
        ValueError: A value is NaN or infinite, or a feature is so long that its length is.
    """
    # Half precision is too coarse to average.
    feats = feats.detach().to(torch.promote_types(feats.dtype, torch.float32))
    # One pass where all is well.
    if feats.numel() and not math.isfinite(torch.linalg.vector_norm(feats)):
        refuse_non_finite('feats', feats.cpu().numpy())
        norms = torch.linalg.vector_norm(feats, dim=1)
        row = int(norms.argmax())
        if not math.isfinite(norms[row]):
            raise ValueError(
                f'feats row {row} of {len(feats)} is too long, its largest value is '
                f'{float(feats[row].abs().max()):g}: look at the network that made it'
            )
    return feats


def refuse_non_finite(name: str, rows: np.ndarray) -> None:
    """Raise ValueError if a value of ``rows`` (N, ...) is NaN or infinite."""
    finite = np.isfinite(rows)
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        values = ', '.join(f'{value:g}' for value in rows[row, :8].tolist())
        raise ValueError(
            f'{name} row {row} of {len(rows)} holds NaN or infinity ({values} ...): leave such '
            'detections out, and look at the network that made them'
        )
