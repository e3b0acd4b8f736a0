"""Signs that boxes are not ``left, top, width, height`` in pixels of the image."""

from collections.abc import Callable

import numpy as np

from ...utils.box_conventions import suspect_boxes
from ...utils.box_overlap import row_iou
from ...utils.mot_files import FRAME, LEFT
from ..sequences import TrackedSequence

_FRAMES = 50
"""Frames that are compared, evenly spread."""
_BETTER, _ENOUGH = 2.0, 0.3


def suspect_sequence(sequence: TrackedSequence) -> list[str]:
    """Say if ground truth and tracks of a sequence do not speak of boxes in one convention.

    Besides the check of each (:func:`~mmmaml.utils.box_conventions.suspect_boxes`), the tracks are
    compared with the ground truth under other conventions: one that puts many more of them on
    people is named.
    """
    gt, tracks = sequence.gt[:, LEFT : LEFT + 4], sequence.results[:, LEFT : LEFT + 4]
    sentences = [
        f'{what} of {sequence.name}: {sentence}'
        for what, boxes in (('Ground truth', gt), ('Tracks', tracks))
        for sentence in suspect_boxes(boxes, sequence.image_size)
    ]
    return sentences or _suspect_pair(sequence)


def _suspect_pair(sequence: TrackedSequence) -> list[str]:
    gt, tracks = _common_frames(sequence)
    if not len(tracks):
        return []
    now = _share_on_people(gt, tracks)
    shares = {
        words: _share_on_people(_converted(gt, of_gt), _converted(tracks, of_tracks))
        for words, of_gt, of_tracks in _candidates(gt, tracks)
    }
    words, best = max(shares.items(), key=lambda item: item[1])
    if best < _ENOUGH or best < _BETTER * now:
        return []
    return [
        f'{sequence.name}: {now:.0%} of the tracked boxes overlap a box of the ground truth by '
        f'half, {best:.0%} would if {words}: check the convention'
    ]


Conversion = Callable[[np.ndarray], np.ndarray]


def _candidates(gt: np.ndarray, tracks: np.ndarray) -> list[tuple[str, Conversion, Conversion]]:
    """List what might be meant, with the conversions of ground truth and tracks."""
    scale = np.median(gt[:, LEFT + 2 : LEFT + 4], axis=0) / np.maximum(
        np.median(tracks[:, LEFT + 2 : LEFT + 4], axis=0), 1e-9
    )
    times = f'{scale.mean():.2g}'
    return [
        ('the tracks were corners (left, top, right, bottom)', _same, _from_corners),
        ('the tracks were centres (x, y, width, height)', _same, _from_centres),
        ('the ground truth were corners (left, top, right, bottom)', _from_corners, _same),
        ('the ground truth were centres (x, y, width, height)', _from_centres, _same),
        (f'the tracks were {times} times as large (another resolution)', _same, _scaled(scale)),
    ]


def _same(boxes: np.ndarray) -> np.ndarray:
    return boxes


def _from_corners(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def _from_centres(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)


def _scaled(scale: np.ndarray) -> Conversion:
    return lambda boxes: boxes * np.tile(scale, 2)


def _converted(rows: np.ndarray, conversion: Conversion) -> np.ndarray:
    return np.column_stack([rows[:, :LEFT], conversion(rows[:, LEFT : LEFT + 4])])


def _common_frames(sequence: TrackedSequence) -> tuple[np.ndarray, np.ndarray]:
    """Take the rows of some frames that have both ground truth and tracks."""
    common = np.intersect1d(sequence.gt[:, FRAME], sequence.results[:, FRAME])
    chosen = common[:: max(len(common) // _FRAMES, 1)]
    return (
        sequence.gt[np.isin(sequence.gt[:, FRAME], chosen)],
        sequence.results[np.isin(sequence.results[:, FRAME], chosen)],
    )


def _share_on_people(gt: np.ndarray, tracks: np.ndarray) -> float:
    """Compute the share of tracked boxes with an IoU of at least 0.5 to a box of their frame."""
    hits = 0
    for frame in np.unique(tracks[:, FRAME]):
        here = gt[gt[:, FRAME] == frame, LEFT : LEFT + 4]
        boxes = tracks[tracks[:, FRAME] == frame, LEFT : LEFT + 4]
        hits += int((row_iou(here, boxes).max(axis=0) >= 0.5).sum())
    return hits / len(tracks)
