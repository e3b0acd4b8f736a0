"""Occlusion of boxes."""

import numpy as np

from mmmaml.utils.box_overlap import box_areas, intersections


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
    hidden = intersections(boxes, boxes)
    bottom = boxes[:, 3].copy()
    hidden *= bottom >= bottom[:, None]
    np.fill_diagonal(hidden, 0)
    return hidden.max(axis=1) / np.maximum(box_areas(boxes), 1e-6)
