"""Costs between tracks and detections, and their assignment."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union (T, N) of xyxy boxes (T, 4) and (N, 4).

    In NumPy: mmdet's ``bbox_overlaps`` gives the same, but for the few boxes of a frame its
    tensor calls take three times as long.
    """
    shared = _intersection(first, second)
    union = _area(first)[:, None] + _area(second) - shared
    return shared / np.maximum(union, 1e-6)


def _area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Area (T, N) that xyxy boxes (T, 4) and (N, 4) share."""
    left, top, right, bottom = np.ascontiguousarray(second.T)
    width = np.minimum(first[:, 2:3], right)
    width -= np.maximum(first[:, 0:1], left)
    height = np.minimum(first[:, 3:4], bottom)
    height -= np.maximum(first[:, 1:2], top)
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    width *= height
    return width


def covered_fraction(boxes: np.ndarray) -> np.ndarray:
    """How much of each box the nearest person in front of it hides.

    People stand on the ground and cameras look down on it: of two people the one whose feet are
    lower in the image is nearer to the camera. Of two whose feet are level each counts as in
    front of the other.

    Args:
        boxes: (N, 4) xyxy in pixels.

    Returns:
        (N,) in 0..1: the largest share of the box's area that one box in front of it covers.
    """
    if len(boxes) < 2:
        return np.zeros(len(boxes))
    hidden = _intersection(boxes, boxes)
    bottom = boxes[:, 3].copy()
    hidden *= bottom >= bottom[:, None]
    np.fill_diagonal(hidden, 0)
    return hidden.max(axis=1) / np.maximum(_area(boxes), 1e-6)


def fused_distance(
    iou: np.ndarray,
    similarity: np.ndarray,
    iou_thr: float,
    similarity_thr: float,
    scores: np.ndarray | None = None,
) -> np.ndarray:
    """The smaller of box distance and halved cosine distance: IoU-ReID fusion of BoT-SORT.

    Looks count only between boxes that are near each other and where they are alike; there they
    can only bring a pair closer.

    Args:
        iou: (T, N) overlap, in 0..1.
        similarity: (T, N) cosine, −inf where unknown.
        iou_thr: Least overlap for looks to count.
        similarity_thr: Least similarity for looks to count.
        scores: (N,) of the detections, to weigh the overlap by; None does not.

    Returns:
        (T, N) in 0..1.
    """
    count = (iou >= iou_thr) & (similarity >= similarity_thr)
    looks = np.where(count, (1 - similarity) / 2, 1.0)
    return np.minimum(1 - (iou if scores is None else iou * scores), looks)


def assign(cost: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Optimal one-to-one assignment in which a pair may cost at most ``threshold``.

    Leaving a track and a detection apart costs slightly more than ``threshold``, so a pair is
    given up where that lets others be cheaper by more than it is worth.

    Args:
        cost: (T, N). Infinite or NaN where a pair is impossible; T and N may be 0.
        threshold: Largest cost of a pair, itself allowed. Finite.

    Returns:
        Rows and columns (P,) of the pairs, rows ascending.
    """
    row, column = np.nonzero(cost <= threshold)
    return assign_pairs(row, column, cost[row, column], threshold)


def assign_pairs(
    row: np.ndarray, column: np.ndarray, cost: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """The same, given the pairs that are possible.

    Args:
        row: (Q,) of the pairs, each pair once.
        column: (Q,).
        cost: (Q,), none above ``threshold``.
        threshold: As for :func:`assign`.
    """
    # Most pairs of a frame are without rivals.
    rivals = (np.bincount(row)[row] > 1) | (np.bincount(column)[column] > 1)
    if rivals.any():
        rows, at_row = np.unique(row[rivals], return_inverse=True)
        columns, at_column = np.unique(column[rivals], return_inverse=True)
        apart = threshold + 1e-9 * max(1.0, abs(threshold))
        contested = np.full((len(rows), len(columns)), apart)
        contested[at_row, at_column] = cost[rivals]
        chosen_row, chosen_column = linear_sum_assignment(contested)
        kept = contested[chosen_row, chosen_column] < apart
        row = np.concatenate([row[~rivals], rows[chosen_row[kept]]])
        column = np.concatenate([column[~rivals], columns[chosen_column[kept]]])
    order = np.argsort(row)
    return row[order], column[order]
