"""Boxes that seem to be meant in another convention than left, top, width, height in pixels."""

from typing import NamedTuple

import numpy as np

FAR = 0.25
"""Part of the image beyond its border from which on a box is far outside."""
MANY = 0.1
"""Part of the boxes that are many."""
THINNEST = 2.0
"""Pixels; no person is less wide or high."""


class Suspicion(NamedTuple):
    """One reason to doubt the convention of boxes.

    Attributes:
        message: Finding, likely cause and remedy, as a sentence.
        certain: False if boxes of the expected convention may have its signs, too.
    """

    message: str
    certain: bool


def suspect_boxes(boxes_xywh: np.ndarray, image_size: tuple[int, int] | None) -> list[str]:
    """Return what speaks against boxes being left, top, width, height in pixels.

    Args:
        boxes_xywh: (N, 4) as they were read, of one video.
        image_size: Width and height of its images in pixels; None if unknown, which leaves most
            conventions untold.

    Returns:
        Sentences with the likely cause and the remedy; none for boxes as they should be.
    """
    return [each.message for each in find_suspicions(boxes_xywh, image_size)]


def find_suspicions(boxes_xywh: np.ndarray, image_size: tuple[int, int] | None) -> list[Suspicion]:
    """Return the same with how sure it is; see :func:`suspect_boxes`."""
    boxes = np.asarray(boxes_xywh, np.float64).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(1)]
    if not len(boxes):
        return []
    thin = (boxes[:, 2:] < THINNEST).any(1)
    if thin.mean() > 1 - MANY:
        return [Suspicion(_thin(boxes, int(thin.sum())), certain=True)]
    boxes = boxes[(boxes[:, 2:] > 0).all(1)]
    if _are_corners(boxes, image_size):
        return [
            Suspicion(
                f'the third and fourth number of the {len(boxes)} boxes grow with the first two: '
                'they look like corners (left, top, right, bottom). Write width = right - left '
                'and height = bottom - top in their place',
                certain=True,
            )
        ]
    if image_size is None:
        return []
    for test in (_centres, _far_outside, _small_part):
        suspicion = test(boxes, np.asarray(image_size, np.float64))
        if suspicion is not None:
            return [suspicion]
    return []


def _thin(boxes: np.ndarray, count: int) -> str:
    seen = f'{count} of {len(boxes)} boxes are less than {THINNEST:g} pixels wide or high'
    if np.abs(boxes).max() <= 2:
        return (
            f'{seen}, and no number is above 2: they look like parts of the image (0 to 1). '
            'Multiply left and width by the width of the image, top and height by its height; of '
            'centres, as YOLO writes them, first subtract half of the size'
        )
    if (boxes[:, 2:] < 0).any(1).mean() > MANY:
        return (
            f'{seen}, many of them less than 0: width and height may be corners in another order. '
            'Write left, top, width, height in pixels'
        )
    return f'{seen}: write left, top, width, height in pixels of the image'


def _are_corners(boxes: np.ndarray, size: tuple[int, int] | None) -> bool:
    """Return True if the last two numbers are right and bottom.

    The size of people varies less than their places. So right − left varies less than right,
    whereas width − left would vary more than width.
    """
    if len(boxes) < 3 or ((boxes[:, 2:] <= boxes[:, :2]).any(1)).mean() > 0.01:
        return False
    if size is not None:
        limit = np.asarray(size) * (1 + FAR)
        fits = (boxes[:, 2:] <= limit).all(1).mean() > 1 - MANY
        if not fits:
            return False
        if _far(boxes, np.asarray(size, np.float64)).mean() > MANY:
            return True
    spread, difference = boxes[:, 2:].std(0), (boxes[:, 2:] - boxes[:, :2]).std(0)
    follows = (difference < 0.5 * spread).any() and (difference < spread).all()
    return len(boxes) >= 10 and bool(follows)


def _far(boxes: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return (N,) bool, boxes that reach far beyond the image."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return (low < -FAR * size).any(1) | (high > (1 + FAR) * size).any(1)


def _centres(boxes: np.ndarray, size: np.ndarray) -> Suspicion | None:
    """Look for boxes all of which lie inside the image once moved by half of their size.

    People at the borders are cut off there by most annotators. Read from their centres on, those
    at the right and at the bottom reach out, and none begins at the left or at the top.
    """
    corner, extent = boxes[:, :2], boxes[:, 2:]
    beyond_each = corner + extent > size + 0.05 * extent + 1
    beyond = beyond_each.any(1)
    moved = corner - extent / 2
    inside = (moved >= -1 - 0.02 * extent).all(1)
    inside &= (moved + extent <= size + 1 + 0.02 * extent).all(1)
    if len(boxes) < 10 or beyond.sum() < 3 or beyond.mean() < 0.02 or inside.mean() < 0.985:
        return None
    # Boxes that were cut off end at the border itself; such as were drawn on end anywhere, but
    # hardly ever beyond the right and the lower border without others beyond the left one.
    end = (moved + extent)[beyond]
    touching = (np.abs(end - size) <= 1.5).any(1)
    message = (
        f'{int(beyond.sum())} of {len(boxes)} boxes reach beyond the right or lower border, none '
        'begins near the left or upper one, and all would fit the image if moved by half of their '
        'size: they look like centres. Subtract half of width and height from the first two'
    )
    both = (beyond_each.mean(0) > 0.01).all()
    return Suspicion(message, certain=bool(touching.mean() > 0.3 or both))


def _far_outside(boxes: np.ndarray, size: np.ndarray) -> Suspicion | None:
    far = _far(boxes, size)
    if far.sum() < 3 or far.mean() <= MANY:
        return None
    width, height = size.astype(int).tolist()
    right, bottom = np.quantile(boxes[:, :2] + boxes[:, 2:], 0.99, axis=0).round().astype(int)
    message = (
        f'{int(far.sum())} of {len(boxes)} boxes reach far beyond the image of {width}x{height} '
        f'pixels, up to {right}, {bottom}: they may be of pictures of another size, corners or '
        'centres. Write left, top, width, height in pixels of these images'
    )
    return Suspicion(message, certain=True)


def _small_part(boxes: np.ndarray, size: np.ndarray) -> Suspicion | None:
    """Look for boxes that all lie in the upper left part of the image, over many places."""
    reach = (boxes[:, :2] + boxes[:, 2:]).max(0)
    part = reach / size
    if len(boxes) < 50 or part.max() > 0.6 or part.min() < 0.75 * part.max():
        return None
    spread = boxes[:, :2].max(0) - boxes[:, :2].min(0)
    if spread[0] < 0.4 * reach[0]:
        return None
    width, height = size.astype(int).tolist()
    message = (
        f'all {len(boxes)} boxes lie in the upper left part of the image of {width}x{height} '
        f'pixels, up to {reach[0]:.0f}, {reach[1]:.0f}: if they are of smaller pictures, multiply '
        f'them; the factor may be {1 / part.max():.3g}'
    )
    return Suspicion(message, certain=False)
