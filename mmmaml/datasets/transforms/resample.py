"""Boxes with parts of a pixel, resized."""

import math
from typing import NamedTuple

import cv2
import numpy as np

PRECISION = 1 / 8
"""Of a place in the frame, in pixels: less than boxes are ever known to."""

MOST_CELLS_BEFORE = 32

Box = tuple[float, float, float, float]


def resample(frame: np.ndarray, box: Box, scale: tuple[int, int]) -> np.ndarray:
    """Bilinear samples of a box, at the centres of a grid of cells.

    ``cv2.resize`` samples at centres of cells too, in half the time of ``cv2.warpAffine``, but
    its grid begins on a whole pixel. So the grid is continued before the box until it does, to
    ``PRECISION``; if it never does, or leaves the frame, ``cv2.warpAffine`` takes the samples.

    Args:
        frame: (H, W, 3) uint8.
        box: x1, y1, x2, y2 in pixels of the frame, within it.
        scale: Width and height (w, h) of the grid.

    Returns:
        (h, w, 3) uint8. Next to the border of the frame its last pixels are repeated.
    """
    left, top, right, bottom = box
    x_step, y_step = (right - left) / scale[0], (bottom - top) / scale[1]
    x = _lay(left, x_step, scale[0], frame.shape[1])
    y = None if x is None else _lay(top, y_step, scale[1], frame.shape[0])
    # A copy of the part lies together in memory, which saves more time than it takes.
    if x is None or y is None:
        x_start, y_start = max(math.floor(left) - 1, 0), max(math.floor(top) - 1, 0)
        part = frame[y_start : math.ceil(bottom) + 1, x_start : math.ceil(right) + 1].copy()
        # Pixel centres have whole coordinates.
        origin = left - x_start + 0.5 * x_step - 0.5, top - y_start + 0.5 * y_step - 0.5
        matrix = np.array([[x_step, 0, origin[0]], [0, y_step, origin[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(part, matrix, scale, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    part = frame[y.start : y.end, x.start : x.end].copy()
    cells = cv2.resize(part, None, fx=1 / x_step, fy=1 / y_step, interpolation=cv2.INTER_LINEAR)
    return cells[y.before : y.before + scale[1], x.before : x.before + scale[0]]


class _Line(NamedTuple):
    """Cells along one axis: pixels ``start`` to ``end`` hold them, ``before`` of them too many."""

    start: int
    end: int
    before: int


def _lay(place: float, step: float, number: int, length: int) -> _Line | None:
    """Cells of ``step`` pixels from ``place`` on, and as many before as it takes.

    Args:
        place: Beginning of the first of the cells that are wanted.
        step: Size of a cell.
        number: Cells that are wanted.
        length: Of the frame.

    Returns:
        None if no place for the first cell is near enough to a whole pixel.
    """
    for before in range(MOST_CELLS_BEFORE):
        edge = place - before * step
        start = round(edge)
        if start < 0:
            return None
        # Of what lies before the part, cv2.resize knows nothing: a sample must not need it.
        first_centre = (before + 0.5) * step
        if abs(edge - start) <= PRECISION and (first_centre >= 0.5 or start == 0):
            last = start + first_centre + (number - 1) * step - 0.5
            end = min(length, math.floor(last) + 2)
            laid = round((end - start) / step)
            return _Line(start, end, before) if laid >= before + number else None
    return None
