"""Forms in which detectors write what they found, by the shape of their output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

STRIDES = 8, 16, 32, 64
"""Pixels between the cells of the grids of the YOLO family; the last grid is not always there."""


class RawBoxes(NamedTuple):
    """Boxes of one picture in pixels of the input.

    Attributes:
        boxes: (N, 4) xyxy.
        scores: (N, C) of each class; (N, 1) if each box is of one class alone.
        labels: (N,) class of each box, if it is of one alone.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray | None


@dataclass(frozen=True)
class OutputForm:
    """A form of output and what pictures its networks are trained on.

    Attributes:
        name: By which a user names it.
        shape: In words.
        decode: Output of one picture, without the axis of the batch, and height and width of the
            input, to boxes.
        centred: The frame lies in the middle of the input; else at the top left.
        to_rgb: Channels are red, green, blue; else blue, green, red.
        scale: Factor on the pixels 0..255.
        suppresses: The network removes duplicates itself.
    """

    name: str
    shape: str
    decode: Callable[[np.ndarray, tuple[int, int]], RawBoxes]
    centred: bool
    to_rgb: bool
    scale: float
    suppresses: bool = False


def num_cells(size: tuple[int, int], num_strides: int) -> int:
    """Return the number of cells of the first grids over an input of (H, W)."""
    return sum((size[0] // s) * (size[1] // s) for s in STRIDES[:num_strides])


def _grid(size: tuple[int, int], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (A, 2) x, y of all cells, in cells, and their strides (A, 1)."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = size[0] // stride, size[1] // stride
        y, x = np.mgrid[:rows, :columns]
        corners.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((rows * columns, 1), stride))
    return np.concatenate(corners)[:number], np.concatenate(strides)[:number]


def _corners(centres: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def decode_yolox(output: np.ndarray, size: tuple[int, int]) -> RawBoxes:
    """Decode rows (A, 5 + C), one a cell: offset, log size, objectness, classes.

    Ge et al., YOLOX, arXiv:2107.08430, with ``decode_in_inference=False``.
    """
    corners, strides = _grid(size, len(output))
    centres = (output[:, :2] + corners) * strides
    sizes = np.exp(np.minimum(output[:, 2:4], 20)) * strides
    return RawBoxes(_corners(centres, sizes), output[:, 4:5] * output[:, 5:], None)


def decode_rows(output: np.ndarray, size: tuple[int, int]) -> RawBoxes:
    """Decode rows (N, 5 + C): centre, size, objectness, classes."""
    scores = output[:, 4:5] * output[:, 5:]
    return RawBoxes(_corners(output[:, :2], output[:, 2:4]), scores, None)


def decode_columns(output: np.ndarray, size: tuple[int, int]) -> RawBoxes:
    """Decode columns (4 + C, N): centre, size, classes."""
    rows = output.T
    return RawBoxes(_corners(rows[:, :2], rows[:, 2:4]), rows[:, 4:], None)


def decode_end_to_end(output: np.ndarray, size: tuple[int, int]) -> RawBoxes:
    """Decode rows (N, 6): left, top, right, bottom, score, class."""
    return RawBoxes(output[:, :4], output[:, 4:5], output[:, 5].round().astype(np.int64))


FORMS = {
    form.name: form
    for form in (
        OutputForm('yolox', '(1, A, 5 + C), one row a cell', decode_yolox, False, False, 1.0),
        OutputForm(
            'yolox-decoded', '(1, A, 5 + C) in pixels, one a cell', decode_rows, False, False, 1.0
        ),
        OutputForm(
            'yolov5', '(1, N, 5 + C) in pixels, three a cell', decode_rows, True, True, 1 / 255
        ),
        OutputForm(
            'yolov8', '(1, 4 + C, N) in pixels, one a cell', decode_columns, True, True, 1 / 255
        ),
        OutputForm(
            'end-to-end',
            '(N, 6) or (1, N, 6): x1, y1, x2, y2, score, class',
            decode_end_to_end,
            True,
            True,
            1 / 255,
            suppresses=True,
        ),
    )
}
"""The known forms, by name."""


def recognise(output: np.ndarray, size: tuple[int, int], num_classes: int | None) -> str | None:
    """Recognise the form of an output.

    The number of rows of a network on grids follows from the size of its input, and only one that
    leaves decoding to the reader gives centres that do not span the picture.

    Args:
        output: For one picture, with the axis of the batch where there is one.
        size: Height and width of the input.
        num_classes: Classes of the network, if they are known.

    Returns:
        A key of :data:`FORMS`; None if it fits none.
    """
    if output.ndim == 3:
        output = output[0]
    if output.ndim != 2:
        return None
    rows, columns = output.shape
    grids = [num_cells(size, number) for number in (3, 4)]

    def has(extra: int, width: int) -> bool:
        return width > extra and num_classes in (None, width - extra)

    if rows in grids and has(5, columns):
        decoded = np.ptp(output[:, 0]) > size[1] / 2
        return 'yolox-decoded' if decoded else 'yolox'
    if rows in [3 * each for each in grids] and has(5, columns):
        return 'yolov5'
    if columns in grids and has(4, rows):
        return 'yolov8'
    return 'end-to-end' if fits('end-to-end', output, size, num_classes) else None


def fits(form: str, output: np.ndarray, size: tuple[int, int], num_classes: int | None) -> bool:
    """Tell if an output can be read in a form that the user names.

    Rows of grids other than the usual ones pass where nothing else is told by their number.

    Args:
        form: A key of :data:`FORMS`.
        output: For one picture, without the axis of the batch.
        size: Height and width of the input.
        num_classes: Classes of the network, if they are known.
    """
    rows, columns = output.shape
    if form == 'end-to-end':
        # Classes are numbered; a score in their place shows another form with six columns.
        return columns == 6 and bool((output[:, 5] == np.round(output[:, 5])).all())
    grids = [num_cells(size, number) for number in (3, 4)]
    extra = 4 if form == 'yolov8' else 5
    if form == 'yolov8':
        rows, columns = columns, rows
    if columns <= extra or num_classes not in (None, columns - extra):
        return False
    if form == 'yolox':
        return rows in grids
    return rows > columns or rows in grids


def known_forms() -> str:
    """Return all forms in words, for messages."""
    return '; '.join(f'{form.name} {form.shape}' for form in FORMS.values())
