"""Costs between tracks and detections, and their assignment."""

import numpy as np
import torch
from mmdet.structures.bbox import bbox_overlaps
from scipy.optimize import linear_sum_assignment


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union (T, N) of xyxy boxes (T, 4) and (N, 4)."""
    if not len(first) or not len(second):
        return np.zeros((len(first), len(second)))
    return bbox_overlaps(torch.from_numpy(first), torch.from_numpy(second)).numpy()


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
    tensor = torch.from_numpy(boxes)
    share = bbox_overlaps(tensor, tensor, mode='iof').numpy()
    bottom = boxes[:, 3]
    share[bottom[None, :] < bottom[:, None]] = 0
    np.fill_diagonal(share, 0)
    return share.max(axis=1)


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
    possible = cost <= threshold
    if not possible.any():
        none = np.zeros(0, dtype=np.int64)
        return none, none
    # Rows and columns without any possible pair cannot change the result.
    rows, columns = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
    possible = possible[np.ix_(rows, columns)]
    apart = threshold + 1e-9 * max(1.0, abs(threshold))
    capped = np.where(possible, cost[np.ix_(rows, columns)], apart)
    row, column = linear_sum_assignment(capped)
    kept = possible[row, column]
    return rows[row[kept]], columns[column[kept]]
