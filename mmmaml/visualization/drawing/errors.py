"""Errors of a tracker drawn into a picture."""

import cv2
import numpy as np

from .boxes import SHIFT, bgr, draw_boxes, draw_labels, draw_plate, fixed_point
from .error_boxes import FALSE_POSITIVE, KINDS, MATCH, MISS, SWITCH, ErrorBoxes
from .style import DrawingStyle
from .tracks import check_image

# Okabe and Ito's grey, vermilion, yellow and sky blue; misses are dashed besides.
COLORS = {
    MATCH: (200, 200, 200),
    FALSE_POSITIVE: (213, 94, 0),
    MISS: (240, 228, 66),
    SWITCH: (86, 180, 233),
}
_TABLE = np.array([COLORS[kind] for kind in KINDS], dtype=np.uint8)


def draw_errors(
    image: np.ndarray, errors: ErrorBoxes, title: str = '', style: DrawingStyle | None = None
) -> np.ndarray:
    """Draw what is wrong in one frame, with a legend and counts in its top left corner.

    Matches are thin and grey, false positives vermilion with their id, misses yellow, dashed and
    with the person's id of the ground truth, switches sky blue with both ids.

    Args:
        image: (H, W, 3) uint8, BGR. It is not changed.
        errors: Boxes of this frame.
        title: Goes before the counts, e.g. the number of the frame.
        style: Sizes; by default those that fit the picture.

    Returns:
        A new picture of the same size.

    Raises:
        ValueError: The image is no colour picture.
    """
    check_image(image)
    canvas = np.ascontiguousarray(image).copy()
    style = style or DrawingStyle.for_image(*image.shape[:2])
    # Matches below errors; of a kind the nearer people, whose feet are lower, last.
    order = np.lexsort((errors.bboxes[:, 3], errors.kinds != KINDS.index(MATCH)))
    kinds, bboxes = errors.kinds[order], errors.bboxes[order]
    labels = [errors.labels[each] for each in order]
    colors = _TABLE[kinds]
    matched, missed = kinds == KINDS.index(MATCH), kinds == KINDS.index(MISS)
    thin = DrawingStyle(max(1, style.line_width // 2), style.font_scale, style.font_width)
    draw_boxes(canvas, bboxes[matched], colors[matched], thin)
    _draw_dashed(canvas, bboxes[missed], COLORS[MISS], style)
    solid = ~matched & ~missed
    draw_boxes(canvas, bboxes[solid], colors[solid], style)
    draw_labels(canvas, bboxes, labels, colors, style)
    _draw_legend(canvas, errors, title, style)
    return canvas


def _draw_dashed(
    canvas: np.ndarray, bboxes: np.ndarray, color: tuple[int, int, int], style: DrawingStyle
) -> None:
    pieces = [piece for bbox in bboxes for piece in _dashes(bbox, 5.0 * style.line_width)]
    cv2.polylines(
        canvas,
        [fixed_point(piece) for piece in pieces],
        False,
        bgr(np.array(color)),
        style.line_width,
        cv2.LINE_AA,
        SHIFT,
    )


def _dashes(bbox: np.ndarray, length: float) -> list[np.ndarray]:
    """Cut the sides of a box into pieces (2, 2), about ``length`` pixels long and as far apart."""
    left, top, right, bottom = bbox
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    pieces = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        # An odd number of steps, so that every side begins and ends with a dash.
        steps = min(2 * int(np.linalg.norm(end - start) / length / 2) + 1, 999)
        marks = start + np.linspace(0, 1, steps + 1)[:, None] * (end - start)
        pieces += [marks[each : each + 2] for each in range(0, steps, 2)]
    return pieces


def _draw_legend(canvas: np.ndarray, errors: ErrorBoxes, title: str, style: DrawingStyle) -> None:
    names = {MATCH: 'matched', FALSE_POSITIVE: 'false positive', MISS: 'missed', SWITCH: 'switch'}
    words = [(title, (255, 255, 255))] if title else []
    words += [(f'{names[kind]} {errors.count(kind)}', COLORS[kind]) for kind in KINDS]
    draw_plate(canvas, words, style)
