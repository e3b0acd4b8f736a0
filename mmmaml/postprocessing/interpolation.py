"""Boxes in the gaps of tracks, and smoother ones."""

from dataclasses import dataclass

import numpy as np

from ..utils.mot_files import FRAME, ID, LEFT
from ..utils.option_checks import check_frame_rate, check_number


@dataclass(frozen=True)
class InterpolationOptions:
    """Extent of the filling.

    Attributes:
        max_gap_seconds: Longest time between two boxes of a track that is filled. Longer ones
            fill more misses, and draw more boxes where nobody can be seen.
        smooth_seconds: Standard deviation of a Gaussian in time by which boxes are smoothed, those
            of the detector too; 0 leaves them as they are. A tenth of a second removes the jitter
            of a detector, a second cuts corners.
    """

    max_gap_seconds: float = 1.0
    smooth_seconds: float = 0.0

    def __post_init__(self) -> None:
        tiny = float(np.nextafter(0, 1))
        check_number('max_gap_seconds', self.max_gap_seconds, 'greater than 0', tiny)
        check_number('smooth_seconds', self.smooth_seconds, 'at least 0', 0)


def interpolate_tracks(
    rows: np.ndarray, frame_rate: float, options: InterpolationOptions | None = None
) -> np.ndarray:
    """Fill the gaps of each track, linearly in time.

    Unlike mmdet's ``InterpolateTracklets``, tracks of one or two boxes stay, and a filled box
    gets the score between those of its neighbours, not 1.

    Args:
        rows: (R, >= 7) ``frame, id, left, top, width, height, score``; further columns
            (class, seconds) are filled likewise. An id occurs once in a frame.
        frame_rate: Frames per second.
        options: See :class:`InterpolationOptions`; None for its defaults.

    Returns:
        (S, ...) the rows and the filled ones, ordered by frame, then id. Rows of before are
        equal to what they were unless they are smoothed.

    Raises:
        ValueError: The frame rate is not positive, or an id occurs twice in a frame.
    """
    options = options or InterpolationOptions()
    check_frame_rate(frame_rate)
    rows = rows[np.lexsort((rows[:, FRAME], rows[:, ID]))]
    steps, same = np.diff(rows[:, FRAME]), np.diff(rows[:, ID]) == 0
    if (twice := same & (steps == 0)).any():
        frame, track = rows[twice.argmax(), : ID + 1]
        raise ValueError(f'id {track:g} occurs twice in frame {frame:g}')
    # Seconds times frames per second, a whole number up to rounding.
    short = steps <= options.max_gap_seconds * frame_rate + 1e-6
    before = np.flatnonzero(same & (steps > 1) & short)
    number = steps[before].astype(np.int64) - 1
    left = np.repeat(before, number)
    ahead = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + 1
    share = (ahead / steps[left])[:, None]
    # In this form what both ends share, a class for one, stays as it is to the last bit.
    filled = rows[left] + share * (rows[left + 1] - rows[left])
    filled[:, FRAME] = rows[left, FRAME] + ahead
    joined = np.concatenate([rows, filled])
    if options.smooth_seconds:
        joined = joined[np.lexsort((joined[:, FRAME], joined[:, ID]))]
        joined[:, LEFT : LEFT + 4] = _smoothed(joined, options.smooth_seconds * frame_rate)
    return joined[np.lexsort((joined[:, ID], joined[:, FRAME]))]


def _smoothed(rows: np.ndarray, width: float) -> np.ndarray:
    """Smooth the boxes (R, 4) of rows ordered by id and frame.

    Each is the value of a straight line through its neighbours in time, fitted under Gaussian
    weights (local linear regression): walking at constant speed stays as it is, at the ends too.

    Args:
        rows: (R, >= 6).
        width: Standard deviation of the Gaussian in frames.
    """
    boxes = rows[:, LEFT : LEFT + 4].copy()
    boxes[:, :2] += boxes[:, 2:] / 2  # feet and heads move with the size, centres do not
    result = boxes.copy()
    bounds = np.flatnonzero(np.diff(rows[:, ID])) + 1
    for track in np.split(np.arange(len(rows)), bounds):
        frames = rows[track, FRAME]
        start = np.searchsorted(frames, frames - 4 * width)
        stop = np.searchsorted(frames, frames + 4 * width, side='right')
        for at, (first, last) in enumerate(zip(start, stop, strict=True)):
            away = frames[first:last] - frames[at]
            weights = np.exp(-0.5 * (away / width) ** 2)
            result[track[at]] = _line_at_zero(away, weights, boxes[track[first:last]])
    result[:, 2:] = np.maximum(result[:, 2:], 1e-3)
    result[:, :2] -= result[:, 2:] / 2
    return result


def _line_at_zero(x: np.ndarray, weights: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit a line to y (N, 4) over x (N,) under weights (N,); return its value (4,) at 0."""
    total = weights.sum()
    middle = weights @ x / total
    mean = weights @ y / total
    spread = weights @ (x - middle) ** 2
    if spread <= 1e-12 * total:
        return mean
    slope = (weights * (x - middle)) @ (y - mean) / spread
    return mean - slope * middle
