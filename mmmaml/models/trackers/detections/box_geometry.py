"""Overlap and occlusion of boxes."""

import numpy as np


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union (T, N) of xyxy boxes (T, 4) and (N, 4).

    In NumPy: mmdet's ``bbox_overlaps`` gives the same, but for the few boxes of a frame its
    tensor calls take three times as long.
    """
    shared = _intersection(first, second)
    union = _area(first)[:, None] + _area(second) - shared
    return shared / np.maximum(union, 1e-6)


def height_overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the overlap (P,) of the vertical extents of pairs of xyxy boxes (P, 4) and (P, 4).

    It is the intersection over union of two intervals: 1 if boxes stand and end at the same
    heights of the image, 0 if one is above the other.
    """
    shared = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
    union = np.maximum(first[:, 3], second[:, 3]) - np.minimum(first[:, 1], second[:, 1])
    return np.maximum(shared, 0) / np.maximum(union, 1e-6)


def occlusion(boxes: np.ndarray) -> np.ndarray:
    """Return the share of each box that the nearest person in front of it hides.

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


def _area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the area (T, N) that xyxy boxes (T, 4) and (N, 4) share."""
    left, top, right, bottom = np.ascontiguousarray(second.T)
    width = np.minimum(first[:, 2:3], right)
    width -= np.maximum(first[:, 0:1], left)
    height = np.minimum(first[:, 3:4], bottom)
    height -= np.maximum(first[:, 1:2], top)
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    width *= height
    return width
