"""Overlap of boxes, of detections and of result files."""

import numpy as np


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union (T, N) of xyxy boxes (T, 4) and (N, 4).

    In NumPy: mmdet's ``bbox_overlaps`` gives the same, but for the few boxes of a frame its
    tensor calls take three times as long.
    """
    shared = intersections(first, second)
    union = box_areas(first)[:, None] + box_areas(second) - shared
    return shared / np.maximum(union, 1e-6)


def row_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union (A, B) of boxes as rows have them.

    Args:
        first: (A, 4) ``left, top, width, height`` in pixels.
        second: (B, 4) likewise.
    """
    return pairwise_iou(_corners(first), _corners(second))


def box_areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas (N,) of xyxy boxes (N, 4)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def intersections(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the areas (T, N) that xyxy boxes (T, 4) and (N, 4) share."""
    left, top, right, bottom = np.ascontiguousarray(second.T)
    width = np.minimum(first[:, 2:3], right)
    width -= np.maximum(first[:, 0:1], left)
    height = np.minimum(first[:, 3:4], bottom)
    height -= np.maximum(first[:, 1:2], top)
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    width *= height
    return width


def _corners(boxes: np.ndarray) -> np.ndarray:
    """Return the xyxy boxes (N, 4) of float64 ``left, top, width, height`` (N, 4)."""
    boxes = np.array(boxes, dtype=np.float64)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
