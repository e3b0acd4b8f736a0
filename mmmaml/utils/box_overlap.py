"""Overlap of the boxes of result files and ground truth."""

import numpy as np


def row_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union (A, B) of boxes.

    Args:
        first: (A, 4) ``left, top, width, height`` in pixels.
        second: (B, 4) likewise.
    """
    start = np.maximum(first[:, None, :2], second[None, :, :2])
    end = np.minimum((first[:, :2] + first[:, 2:])[:, None], (second[:, :2] + second[:, 2:])[None])
    shared = np.maximum(end - start, 0).prod(-1)
    areas = first[:, 2:].prod(-1)[:, None] + second[:, 2:].prod(-1)[None]
    return shared / np.maximum(areas - shared, 1e-9)
