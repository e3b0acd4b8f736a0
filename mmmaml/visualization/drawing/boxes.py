"""Boxes and their labels, drawn into a picture with OpenCV."""

from collections.abc import Sequence

import cv2
import numpy as np

from ..colors import text_color
from .style import DrawingStyle

FONT = cv2.FONT_HERSHEY_SIMPLEX
SHIFT = 3  # fractional bits of OpenCV's sub-pixel coordinates


def bgr(color: np.ndarray) -> tuple[int, int, int]:
    """Convert a colour (3,) RGB for OpenCV."""
    red, green, blue = color.tolist()
    return blue, green, red


def fixed_point(pixels: np.ndarray) -> np.ndarray:
    """Convert to OpenCV's sub-pixel coordinates, cut off far outside of any picture."""
    return np.round(np.clip(pixels, -1e6, 1e6) * 2**SHIFT).astype(np.int32)


def draw_boxes(
    canvas: np.ndarray, bboxes: np.ndarray, colors: np.ndarray, style: DrawingStyle
) -> None:
    """Draw boxes into a picture, in their order.

    Args:
        canvas: (H, W, 3) uint8, BGR; it is changed.
        bboxes: (N, 4) xyxy in pixels.
        colors: (N, 3) uint8, RGB.
        style: Sizes.
    """
    for (left, top, right, bottom), color in zip(
        fixed_point(bboxes).tolist(), colors, strict=True
    ):
        cv2.rectangle(
            canvas,
            (left, top),
            (right, bottom),
            bgr(color),
            style.line_width,
            cv2.LINE_AA,
            SHIFT,
        )


def draw_labels(
    canvas: np.ndarray,
    bboxes: np.ndarray,
    texts: Sequence[str],
    colors: np.ndarray,
    style: DrawingStyle,
) -> None:
    """Write a label at each box, moved if it would overlap another one and there is room.

    Args:
        canvas: (H, W, 3) uint8, BGR; it is changed.
        bboxes: (N, 4) xyxy in pixels, the nearest person last.
        texts: N labels; an empty one is not drawn.
        colors: (N, 3) uint8, RGB, of the plates behind the texts.
        style: Sizes.
    """
    placed = np.zeros((0, 4))
    # The nearest people choose their place first and are drawn last.
    labels = []
    for bbox, text, color in zip(bboxes[::-1], texts[::-1], colors[::-1], strict=True):
        if not text:
            continue
        (width, height), _ = cv2.getTextSize(text, FONT, style.font_scale, style.font_width)
        pad = max(2, height // 4)
        spot = _free_spot(bbox, (width + 2 * pad, height + 2 * pad), canvas.shape, placed)
        placed = np.concatenate([placed, [spot]])
        labels.append((text, color, spot, pad))
    for text, color, spot, pad in reversed(labels):
        left, top, right, bottom = spot.astype(int).tolist()
        cv2.rectangle(canvas, (left, top), (right, bottom), bgr(color), cv2.FILLED)
        cv2.putText(
            canvas,
            text,
            (left + pad, bottom - pad),
            FONT,
            style.font_scale,
            text_color(color),
            style.font_width,
            cv2.LINE_AA,
        )


def draw_plate(
    canvas: np.ndarray, words: Sequence[tuple[str, tuple[int, ...]]], style: DrawingStyle
) -> None:
    """Write words on a dark plate in the top left corner.

    Args:
        canvas: (H, W, 3) uint8, BGR; it is changed.
        words: At least one text, each with its colour, RGB.
        style: Sizes.
    """
    sizes = [
        cv2.getTextSize(word, FONT, style.font_scale, style.font_width)[0] for word, _ in words
    ]
    pad = max(3, sizes[0][1] // 2)
    height = max(size[1] for size in sizes) + 2 * pad
    width = sum(size[0] + 2 * pad for size in sizes) + pad
    canvas[:height, :width] //= 4  # the picture shines through
    left = pad
    for (word, color), size in zip(words, sizes, strict=True):
        origin = (left, height - pad)
        args = (FONT, style.font_scale, bgr(np.array(color)), style.font_width, cv2.LINE_AA)
        cv2.putText(canvas, word, origin, *args)
        left += size[0] + 2 * pad


def _free_spot(
    bbox: np.ndarray, size: tuple[int, int], shape: tuple[int, ...], placed: np.ndarray
) -> np.ndarray:
    """Choose the first of six places at the box that covers no other label.

    Args:
        bbox: (4,) xyxy of the person.
        size: Width and height of the label.
        shape: Of the picture.
        placed: (L, 4) xyxy of the labels that have their place.

    Returns:
        (4,) xyxy. Usually above the box, at its left edge; if no place is free, the one that
        overlaps least.
    """
    width, height = size
    left, top, right, bottom = bbox
    corners = np.array(
        [
            (left, top - height),
            (right - width, top - height),
            (left, top),
            (right - width, top),
            (left, bottom - height),
            (left, bottom),
        ]
    )
    limit = np.maximum(np.array([shape[1], shape[0]]) - size - 1, 0)
    inside = ((corners >= 0) & (corners <= limit)).all(axis=1)
    spots = np.clip(corners, 0, limit)
    spots = np.concatenate([spots, spots + size], axis=1).round()
    low = np.maximum(spots[:, None, :2], placed[None, :, :2])
    high = np.minimum(spots[:, None, 2:], placed[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
    # Least overlap first, then inside the picture without being moved, then in the order above.
    return spots[np.lexsort((~inside, overlap))[0]]
