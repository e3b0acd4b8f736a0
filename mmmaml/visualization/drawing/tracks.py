"""Tracks drawn into a picture with OpenCV."""

import cv2
import numpy as np

from ..colors import track_colors
from .boxes import SHIFT, bgr, draw_boxes, draw_labels, draw_plate, fixed_point
from .style import DrawingStyle
from .trails import Trails


def draw_tracks(
    image: np.ndarray,
    bboxes: np.ndarray,
    ids: np.ndarray,
    trails: Trails | None = None,
    style: DrawingStyle | None = None,
    title: str = '',
) -> np.ndarray:
    """Draw the tracks of one frame: boxes, ids, and the ways people came.

    Nearer people, whose feet are lower in the picture, are drawn over farther ones. Labels are
    moved if they would overlap each other and there is room.

    Args:
        image: (H, W, 3) uint8, BGR as OpenCV reads it. It is not changed.
        bboxes: (N, 4) xyxy in pixels; they may reach over the border.
        ids: (N,) identities. Boxes with a negative id are no tracks and are not drawn.
        trails: Earlier foot points. Only lines of tracks in this frame are drawn.
        style: Sizes; by default those that fit the picture.
        title: Stands in the top left corner, such as :func:`count_title`.

    Returns:
        A new picture of the same size.

    Raises:
        ValueError: The image is no colour picture, or boxes and ids do not belong together.
    """
    bboxes, ids = np.asarray(bboxes, dtype=np.float64), np.asarray(ids, dtype=np.int64)
    check_image(image)
    _check_boxes(bboxes, ids)
    canvas = np.ascontiguousarray(image).copy()
    style = style or DrawingStyle.for_image(*image.shape[:2])
    shown = (ids >= 0) & np.isfinite(bboxes).all(axis=1)
    bboxes, ids = bboxes[shown], ids[shown]
    order = np.argsort(bboxes[:, 3], kind='stable')
    bboxes, ids = bboxes[order], ids[order]
    if trails is not None:
        _draw_trails(canvas, trails, ids, style)
    colors = track_colors(ids)
    draw_boxes(canvas, bboxes, colors, style)
    draw_labels(canvas, bboxes, [str(track_id) for track_id in ids], colors, style)
    if title:
        draw_plate(canvas, [(title, (255, 255, 255))], style)
    return canvas


def count_title(crowd_count: float | None, num_tracks: int) -> str:
    """Say how many people a model counted beside those tracked; empty if it does not count."""
    return '' if crowd_count is None else f'counted {crowd_count:.1f}, tracked {num_tracks}'


def check_image(image: np.ndarray) -> None:
    """Refuse what is no colour picture of bytes."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f'image must be (H, W, 3) uint8, got shape {image.shape} of {image.dtype}'
        )


def _check_boxes(bboxes: np.ndarray, ids: np.ndarray) -> None:
    if ids.ndim != 1 or bboxes.shape != (len(ids), 4):
        raise ValueError(
            f'bboxes (N, 4) and ids (N,) must belong together, got shapes {bboxes.shape} and '
            f'{ids.shape}'
        )


def _draw_trails(canvas: np.ndarray, trails: Trails, ids: np.ndarray, style: DrawingStyle) -> None:
    """Draw lines with a dark rim, which separates them from a background of its own colour."""
    lines = [
        (track_id, points)
        for track_id, points in trails.lines(ids)
        if np.ptp(points, axis=0).max() > 2 * style.line_width  # who stands leaves no blot
    ]
    fixed = [fixed_point(points) for _, points in lines]
    rim = style.line_width + 2
    cv2.polylines(canvas, fixed, False, (30, 30, 30), rim, cv2.LINE_AA, SHIFT)
    colors = track_colors(np.array([track_id for track_id, _ in lines], dtype=np.int64))
    for points, color in zip(fixed, colors, strict=True):
        cv2.polylines(canvas, [points], False, bgr(color), style.line_width, cv2.LINE_AA, SHIFT)
