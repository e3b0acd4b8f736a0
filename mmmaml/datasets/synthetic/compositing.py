"""Pictures painted over each other, and what is left to be seen of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

OPAQUE = 128  # an alpha from which a pixel belongs to somebody


@dataclass(frozen=True)
class Layer:
    """A picture at its place in the frame.

    Attributes:
        image: (h, w, 4) uint8, colours multiplied by alpha.
        left: Column of its first pixel, maybe outside of the frame.
        top: Row of its first pixel.
    """

    image: np.ndarray
    left: int
    top: int


def composite(canvas: np.ndarray, layers: Sequence[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """Paint layers from far to near and tell what is visible of each.

    Args:
        canvas: (H, W, 3) uint8, painted over in place.
        layers: From far to near. A pixel belongs to the last layer that covers it by half.

    Returns:
        boxes: (n, 4) left, top, width, height of every layer's own pixels, not clipped.
        counts: (n, 3) of every layer's own pixels: all, inside the frame, and seen.
    """
    owner = np.full(canvas.shape[:2], len(layers), np.int16)
    boxes = np.zeros((len(layers), 4), np.int64)
    counts = np.zeros((len(layers), 3), np.int64)
    for index, layer in enumerate(layers):
        mask = (layer.image[..., 3] >= OPAQUE).view(np.uint8)
        left, top, width, height = cv2.boundingRect(mask)
        boxes[index] = left + layer.left, top + layer.top, width, height
        counts[index, 0] = cv2.countNonZero(mask)
        inner, outer = overlap(layer, canvas.shape)
        if outer is None:
            continue
        counts[index, 1] = cv2.countNonZero(mask[inner])
        owner[outer][mask[inner].view(bool)] = index
        blend(canvas[outer], layer.image[inner])
    counts[:, 2] = np.bincount(owner.ravel(), minlength=len(layers) + 1)[: len(layers)]
    return boxes, counts


def blend(target: np.ndarray, image: np.ndarray) -> None:
    """Paint a picture with premultiplied alpha over ``target`` in place."""
    inverse = cv2.cvtColor(cv2.bitwise_not(image[..., 3]), cv2.COLOR_GRAY2BGR)
    behind = cv2.multiply(target, inverse, scale=1 / 255)
    target[:] = cv2.add(behind, image[..., :3])


def overlap(layer: Layer, shape: tuple[int, ...]) -> tuple:
    """Return the slices of layer and canvas in which they meet, or (None, None)."""
    height, width = layer.image.shape[:2]
    x0, x1 = max(0, layer.left), min(shape[1], layer.left + width)
    y0, y1 = max(0, layer.top), min(shape[0], layer.top + height)
    if x0 >= x1 or y0 >= y1:
        return None, None
    inner = np.s_[y0 - layer.top : y1 - layer.top, x0 - layer.left : x1 - layer.left]
    return inner, np.s_[y0:y1, x0:x1]
