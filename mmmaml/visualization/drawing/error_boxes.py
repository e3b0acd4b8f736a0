"""Errors of a tracker, as boxes of single frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmmaml.utils.mot_files import FRAME, ID, LEFT

MATCH, FALSE_POSITIVE, MISS, SWITCH = KINDS = ('match', 'false_positive', 'miss', 'switch')


@dataclass(frozen=True)
class ErrorBoxes:
    """Boxes of a sequence with their outcome, ordered by frame.

    Attributes:
        frames: (B,) int64, from 1.
        kinds: (B,) int64, index into ``KINDS``.
        bboxes: (B, 4) xyxy in pixels: of the track, for a miss of the ground truth.
        labels: B texts: the id of a false positive, the person who was missed, the ids before and
            after a switch; nothing for a match.
    """

    frames: np.ndarray
    kinds: np.ndarray
    bboxes: np.ndarray
    labels: Sequence[str]

    def of(self, frame: int) -> 'ErrorBoxes':
        """Select the boxes of one frame."""
        first, end = np.searchsorted(self.frames, [frame, frame + 1])
        here = slice(int(first), int(end))
        return ErrorBoxes(
            self.frames[here], self.kinds[here], self.bboxes[here], self.labels[here]
        )

    def count(self, kind: str) -> int:
        """Count the boxes of a kind."""
        return int((self.kinds == KINDS.index(kind)).sum())

    def summary(self) -> str:
        """Count the boxes of each kind, in words."""
        names = {'match': 'matched', 'false_positive': 'false positive', 'miss': 'missed'}
        switches = self.count(SWITCH)
        words = [f'{self.count(kind)} {names[kind]}' for kind in (MATCH, FALSE_POSITIVE, MISS)]
        return ', '.join([*words, f'{switches} switch{"" if switches == 1 else "es"}'])


def error_boxes(events: pd.DataFrame, truth: np.ndarray, tracks: np.ndarray) -> ErrorBoxes:
    """Look up the boxes of an event log.

    Args:
        events: Event log of a sequence, see
            :class:`~mmmaml.evaluation.scoring.motmetrics_events.SequenceEvents`.
        truth: (R, >= 6) rows ``frame, id, left, top, width, height`` of the ground truth.
        tracks: (R, >= 6) such rows of the tracks.

    Raises:
        ValueError: An event is about a box that is not there: files of different runs.
    """
    table = events.reset_index(drop=True)
    table['kind'] = table['type'].map({kind: number for number, kind in enumerate(KINDS)})
    missed = table['type'] == MISS
    bboxes = np.zeros((len(table), 4))
    bboxes[missed] = _look_up(table[missed], 'gt_id', truth, 'ground truth')
    bboxes[~missed] = _look_up(table[~missed], 'track_id', tracks, 'tracks')
    labels = _labels(table)
    order = np.argsort(table['frame'].to_numpy(dtype=np.int64), kind='stable')
    return ErrorBoxes(
        frames=table['frame'].to_numpy(dtype=np.int64)[order],
        kinds=table['kind'].to_numpy(dtype=np.int64)[order],
        bboxes=bboxes[order],
        labels=[labels[each] for each in order],
    )


def worst_frames(events: pd.DataFrame, count: int, min_gap: int) -> list[int]:
    """Find the frames with most errors, a switch counting as three, in order of time.

    Args:
        events: Event log of a sequence.
        count: Frames at most; fewer if there are fewer with errors.
        min_gap: Frames that they are apart at least, so that they do not show one error twice.
    """
    weights = events['type'].map({MATCH: 0, FALSE_POSITIVE: 1, MISS: 1, SWITCH: 3})
    totals = weights.groupby(events['frame']).sum().sort_values(ascending=False, kind='stable')
    chosen: list[int] = []
    for frame, errors in totals.items():
        if len(chosen) == count or not errors:
            break
        if all(abs(int(frame) - other) >= min_gap for other in chosen):
            chosen.append(int(frame))
    return sorted(chosen)


def _look_up(wanted: pd.DataFrame, key: str, rows: np.ndarray, what: str) -> np.ndarray:
    """Look up boxes (E, 4) xyxy of events, by frame and the id in column ``key``."""
    index = pd.MultiIndex.from_arrays(rows[:, [FRAME, ID]].astype(np.int64).T)
    pairs = wanted[['frame', key]].to_numpy(dtype=np.int64)
    place = index.get_indexer(pd.MultiIndex.from_arrays(pairs.T))
    if (place < 0).any():
        frame, number = pairs[place < 0][0].tolist()
        raise ValueError(
            f'the event log has {key} {number} in frame {frame}, the {what} have not: the files '
            'are of different runs'
        )
    boxes = rows[place, LEFT : LEFT + 4]
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _labels(table: pd.DataFrame) -> list[str]:
    """Write the label of each box."""
    matched = table[table['type'].isin([MATCH, SWITCH])].sort_values('frame', kind='stable')
    before = matched.groupby('gt_id')['track_id'].shift(1).reindex(table.index)
    texts = []
    for kind, person, track, old in zip(
        table['type'], table['gt_id'], table['track_id'], before, strict=True
    ):
        if kind == SWITCH:
            texts.append(f'{"?" if pd.isna(old) else int(old)}>{int(track)}')
        else:
            texts.append({MISS: f'{person}', FALSE_POSITIVE: f'{track}'}.get(kind, ''))
    return texts
