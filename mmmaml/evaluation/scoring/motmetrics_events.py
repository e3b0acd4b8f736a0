"""The event log of a tracking result by motmetrics, with its own MOTA, IDF1 and IDs.

motmetrics gets the boxes and overlaps that TrackEval's metrics get, so the two differ by their
matching alone. motmetrics keeps every match of the frame before that is still possible and then
minimises the distance of what is left; TrackEval weighs both in one assignment. After a gap
motmetrics prefers the last match of a person, TrackEval the match of the frame before. That is the
last frame with both a person who counts and a tracked box: TrackEval skips all others. On real
results this moves a sequence by one or two switches, on results full of gaps by more.
"""

import motmetrics
import numpy as np
import pandas as pd

from ..sequences import Scores
from .preprocessing import PreprocessedSequence

IOU_THRESHOLD = 0.5
EVENT_COLUMNS = ('frame', 'type', 'gt_id', 'track_id', 'iou')

_TYPES = {'MATCH': 'match', 'SWITCH': 'switch', 'MISS': 'miss', 'FP': 'false_positive'}
_NAMES = {'mota': 'MOTA', 'idf1': 'IDF1', 'num_switches': 'IDs'}


class MotmetricsScorer:
    """Sum over sequences added one by one, of which counts are kept only."""

    def __init__(self) -> None:
        self._host = motmetrics.metrics.create()
        self._partials: dict[str, dict] = {}

    def add(self, data: PreprocessedSequence) -> tuple[Scores, pd.DataFrame]:
        """Score one sequence.

        Returns:
            ``MOTA``, ``IDF1`` (fractions; NaN or minus infinity without ground truth) and
            ``IDs``, and the event log, see :class:`~mmmaml.evaluation.sequences.ScoredSequence`.
        """
        accumulator = _accumulate(data)
        result = self._host.compute(
            accumulator, metrics=list(_NAMES), return_dataframe=False, return_cached=True
        )
        self._partials[data.name] = {k: v for k, v in result.items() if np.isscalar(v)}
        return _named_scores(result), _event_table(accumulator, data)

    def overall(self) -> Scores:
        """Return the scores over all sequences added so far, at least one."""
        overall = self._host.compute_overall(
            list(self._partials.values()), metrics=list(_NAMES), return_dataframe=False
        )
        return _named_scores(overall)


def _accumulate(sequence: PreprocessedSequence) -> motmetrics.MOTAccumulator:
    accumulator = motmetrics.MOTAccumulator(auto_id=False)
    data = sequence.data
    frames = zip(data['gt_ids'], data['tracker_ids'], data['similarity_scores'], strict=True)
    for frame, (gt_ids, track_ids, iou) in enumerate(frames, start=1):
        # The threshold is TrackEval's, which allows for rounding.
        allowed = iou >= IOU_THRESHOLD - np.finfo('float').eps
        distances = np.where(allowed, 1 - iou, np.nan)
        accumulator.update(gt_ids, track_ids, distances, frameid=frame)
    return accumulator


def _event_table(
    accumulator: motmetrics.MOTAccumulator, sequence: PreprocessedSequence
) -> pd.DataFrame:
    events = accumulator.mot_events
    # Transfers, ascends and migrations repeat a match or switch under another name.
    events = events[events['Type'].isin(list(_TYPES))]
    data = sequence.data
    columns = (
        events.index.get_level_values('FrameId').to_numpy(),
        events['Type'].astype(object).map(_TYPES).to_numpy(),
        _file_ids(events['OId'], data['gt_ids'], sequence.gt_ids),
        _file_ids(events['HId'], data['tracker_ids'], sequence.track_ids),
        1 - events['D'].to_numpy(),
    )
    return pd.DataFrame(dict(zip(EVENT_COLUMNS, columns, strict=True)))


def _file_ids(
    ids: pd.Series, renumbered: list[np.ndarray], originals: list[np.ndarray]
) -> pd.arrays.IntegerArray:
    """Identities as in the file for TrackEval's, which count from 0; missing stays missing."""
    no_ids = np.empty(0, dtype=np.int64)
    index = np.concatenate([no_ids, *renumbered])
    table = np.zeros(index.max(initial=-1) + 1, dtype=np.int64)
    table[index] = np.concatenate([no_ids, *originals])
    missing = ids.isna().to_numpy()
    values = np.zeros(len(ids), dtype=np.int64)
    values[~missing] = table[ids.to_numpy()[~missing].astype(np.int64)]
    return pd.arrays.IntegerArray(values, missing)


def _named_scores(result: dict) -> Scores:
    scores: Scores = {ours: float(result[theirs]) for theirs, ours in _NAMES.items()}
    scores['IDs'] = int(scores['IDs'])
    return scores
