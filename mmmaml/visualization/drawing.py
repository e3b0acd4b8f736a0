"""Tracks drawn into a picture with OpenCV."""

from dataclasses import dataclass

import cv2
import numpy as np

from .colors import text_color, track_colors
from .trails import Trails

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SHIFT = 3  # fractional bits of OpenCV's sub-pixel coordinates


@dataclass(frozen=True)
class DrawingStyle:
    """Sizes of lines and text, in pixels of the picture.

    Attributes:
        line_width: Of boxes; trails are as wide.
        font_scale: OpenCV's font scale: 0.4 is about 9 pixels high.
        font_width: Stroke width of the text.
    """

    line_width: int
    font_scale: float
    font_width: int

    @classmethod
    def for_image(cls, height: int, width: int, line_width: int | None = None) -> 'DrawingStyle':
        """Sizes that look alike in pictures of any size.

        Args:
            height: Of the picture in pixels.
            width: Of the picture in pixels.
            line_width: Replaces the line width that follows from the size.
        """
        size = float(np.sqrt(height * width))
        scale = min(max(size / 1800, 0.36), 2.0)
        return cls(
            line_width=line_width or max(1, round(size / 450)),
            font_scale=scale,
            font_width=max(1, round(scale * 2)),
        )


def draw_tracks(
    image: np.ndarray,
    bboxes: np.ndarray,
    ids: np.ndarray,
    trails: Trails | None = None,
    style: DrawingStyle | None = None,
) -> np.ndarray:
    """Draw the tracks of one frame: boxes, ids, and the ways people came.

    Nearer people, whose feet are lower in the picture, are drawn over farther ones. Labels are
    moved where they would cover each other, if there is room.

    Args:
        image: (H, W, 3) uint8, BGR as OpenCV reads it. It is not changed.
        bboxes: (N, 4) xyxy in pixels; they may reach over the border.
        ids: (N,) identities. Boxes with a negative id are no tracks and are not drawn.
        trails: Earlier foot points. Only lines of tracks in this frame are drawn.
        style: Sizes; by default those that fit the picture.

    Returns:
        A new picture of the same size.

    Raises:
        ValueError: The image is no colour picture, or boxes and ids do not belong together.
    """
    bboxes, ids = np.asarray(bboxes, dtype=np.float64), np.asarray(ids, dtype=np.int64)
    _check(image, bboxes, ids)
    canvas = np.ascontiguousarray(image).copy()
    style = style or DrawingStyle.for_image(*image.shape[:2])
    shown = (ids >= 0) & np.isfinite(bboxes).all(axis=1)
    bboxes, ids = bboxes[shown], ids[shown]
    order = np.argsort(bboxes[:, 3], kind='stable')
    bboxes, ids = bboxes[order], ids[order]
    if trails is not None:
        _draw_trails(canvas, trails, ids, style)
    _draw_boxes(canvas, bboxes, ids, style)
    _draw_labels(canvas, bboxes, ids, style)
    return canvas


def _check(image: np.ndarray, bboxes: np.ndarray, ids: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f'image must be (H, W, 3) uint8, got shape {image.shape} of {image.dtype}'
        )
    if ids.ndim != 1 or bboxes.shape != (len(ids), 4):
        raise ValueError(
            f'bboxes (N, 4) and ids (N,) must belong together, got shapes {bboxes.shape} and '
            f'{ids.shape}'
        )


def _bgr(track_id: int) -> tuple[int, int, int]:
    red, green, blue = track_colors(np.array([track_id]))[0].tolist()
    return blue, green, red


def _fixed_point(pixels: np.ndarray) -> np.ndarray:
    """OpenCV's sub-pixel coordinates, far outside of any picture where they would overflow."""
    return np.round(np.clip(pixels, -1e6, 1e6) * 2**_SHIFT).astype(np.int32)


def _draw_trails(canvas: np.ndarray, trails: Trails, ids: np.ndarray, style: DrawingStyle) -> None:
    """A line with a dark rim, which separates it from a background of its own colour."""
    lines = [
        (track_id, points)
        for track_id, points in trails.lines(ids)
        if np.ptp(points, axis=0).max() > 2 * style.line_width  # who stands leaves no blot
    ]
    fixed = [_fixed_point(points) for _, points in lines]
    rim = style.line_width + 2
    cv2.polylines(canvas, fixed, False, (30, 30, 30), rim, cv2.LINE_AA, _SHIFT)
    for (track_id, _), points in zip(lines, fixed, strict=True):
        cv2.polylines(
            canvas, [points], False, _bgr(track_id), style.line_width, cv2.LINE_AA, _SHIFT
        )


def _draw_boxes(
    canvas: np.ndarray, bboxes: np.ndarray, ids: np.ndarray, style: DrawingStyle
) -> None:
    for (left, top, right, bottom), track_id in zip(
        _fixed_point(bboxes).tolist(), ids, strict=True
    ):
        cv2.rectangle(
            canvas,
            (left, top),
            (right, bottom),
            _bgr(track_id),
            style.line_width,
            cv2.LINE_AA,
            _SHIFT,
        )


def _draw_labels(
    canvas: np.ndarray, bboxes: np.ndarray, ids: np.ndarray, style: DrawingStyle
) -> None:
    placed = np.zeros((0, 4))
    # The nearest people choose their place first and are drawn last.
    labels = []
    for bbox, track_id in zip(bboxes[::-1], ids[::-1], strict=True):
        text = str(track_id)
        (width, height), _ = cv2.getTextSize(text, _FONT, style.font_scale, style.font_width)
        pad = max(2, height // 4)
        spot = _free_spot(bbox, (width + 2 * pad, height + 2 * pad), canvas.shape, placed)
        placed = np.concatenate([placed, [spot]])
        labels.append((text, track_id, spot, pad))
    for text, track_id, spot, pad in reversed(labels):
        left, top, right, bottom = spot.astype(int).tolist()
        color = _bgr(track_id)
        cv2.rectangle(canvas, (left, top), (right, bottom), color, cv2.FILLED)
        cv2.putText(
            canvas,
            text,
            (left + pad, bottom - pad),
            _FONT,
            style.font_scale,
            text_color(np.array(color[::-1])),
            style.font_width,
            cv2.LINE_AA,
        )


def _free_spot(
    bbox: np.ndarray, size: tuple[int, int], shape: tuple[int, ...], placed: np.ndarray
) -> np.ndarray:
    """The first of six places at the box that covers no other label, moved into the picture.

    Args:
        bbox: (4,) xyxy of the person.
        size: Width and height of the label.
        shape: Of the picture.
        placed: (L, 4) xyxy of the labels that have their place.

    Returns:
        (4,) xyxy. Usually above the box, at its left edge; where no place is free, the one that
        covers least.
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
    covered = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
    # Least covered first, then inside the picture without being moved, then in the order above.
    return spots[np.lexsort((~inside, covered))[0]]
