"""Scores of multi-object tracking by TrackEval, the code of the MOTChallenge server."""

from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from ..sequences import Scores
from .preprocessing import PreprocessedSequence, silenced

RATIOS = ('HOTA', 'DetA', 'AssA', 'MOTA', 'MOTP', 'IDF1', 'Rcll', 'Prcn')
COUNTS = ('IDs', 'MT', 'ML', 'FP', 'FN', 'Frag')

# Our name: metric and field of TrackEval.
_FIELDS = {
    'MOTA': ('CLEAR', 'MOTA'),
    'IDF1': ('Identity', 'IDF1'),
    'IDs': ('CLEAR', 'IDSW'),
    'MT': ('CLEAR', 'MT'),
    'ML': ('CLEAR', 'ML'),
    'FP': ('CLEAR', 'CLR_FP'),
    'FN': ('CLEAR', 'CLR_FN'),
    'Frag': ('CLEAR', 'Frag'),
    'HOTA': ('HOTA', 'HOTA'),
    'DetA': ('HOTA', 'DetA'),
    'AssA': ('HOTA', 'AssA'),
    'MOTP': ('CLEAR', 'MOTP'),
    'Rcll': ('CLEAR', 'CLR_Re'),
    'Prcn': ('CLEAR', 'CLR_Pr'),
}


class TrackEvalScorer:
    """Sum over sequences added one by one, so that no more than one is held in memory."""

    def __init__(self) -> None:
        quiet = {'PRINT_CONFIG': False}
        self._metrics = {'HOTA': HOTA(), 'CLEAR': CLEAR(quiet), 'Identity': Identity(quiet)}
        self._results: dict[str, dict[str, Any]] = {}

    def add(self, data: PreprocessedSequence) -> Scores:
        """Score one sequence."""
        with silenced():
            results = {
                name: metric.eval_sequence(data.data) for name, metric in self._metrics.items()
            }
        self._results[data.name] = results
        return _named_scores(results)

    def overall(self) -> Scores:
        """Return the scores over all sequences added so far, at least one."""
        combined = {
            name: metric.combine_sequences({s: r[name] for s, r in self._results.items()})
            for name, metric in self._metrics.items()
        }
        return _named_scores(combined)


def _named_scores(results: dict[str, Any]) -> Scores:
    scores: Scores = {}
    for name, (metric, field) in _FIELDS.items():
        # HOTA's fields are arrays over 19 IoU thresholds, reported by their mean.
        value = float(np.mean(results[metric][field]))
        scores[name] = round(value) if name in COUNTS else value
    return scores
