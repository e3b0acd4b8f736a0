"""Scores of multi-object tracking by TrackEval, the code of the MOTChallenge server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from .preprocessing import PreprocessedSequence, preprocess_sequence, silenced

Scores = dict[str, int | float]

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


@dataclass(frozen=True)
class MOTScores:
    """Scores per sequence and over all of them.

    Ratios (``RATIOS``) are fractions, 1 being perfect; MOTA can be negative. Counts (``COUNTS``)
    are whole numbers.

    Attributes:
        overall: Metric name to value over all sequences: counts are added up, ratios follow
            from the added counts, as on the MOTChallenge server (no mean of ratios).
        sequences: The same for each sequence.
    """

    overall: Scores
    sequences: dict[str, Scores]


class TrackEvalScorer:
    """Adds up sequences one by one, so that no more than one is held in memory."""

    def __init__(self) -> None:
        quiet = {'PRINT_CONFIG': False}
        self._metrics = {'HOTA': HOTA(), 'CLEAR': CLEAR(quiet), 'Identity': Identity(quiet)}
        self._results: dict[str, dict[str, Any]] = {}

    def add(self, sequence: PreprocessedSequence) -> None:
        """Score one sequence."""
        with silenced():
            self._results[sequence.name] = {
                name: metric.eval_sequence(sequence.data) for name, metric in self._metrics.items()
            }

    def scores(self) -> MOTScores:
        """Scores of the sequences added so far.

        Raises:
            ValueError: There is none.
        """
        if not self._results:
            raise ValueError('there is no sequence to score')
        combined = {
            name: metric.combine_sequences({s: r[name] for s, r in self._results.items()})
            for name, metric in self._metrics.items()
        }
        return MOTScores(
            overall=_named_scores(combined),
            sequences={s: _named_scores(r) for s, r in self._results.items()},
        )


def score_tracks(
    gt: Mapping[str, np.ndarray],
    results: Mapping[str, np.ndarray],
    num_frames: Mapping[str, int],
    benchmark: str = 'MOT17',
) -> MOTScores:
    """Score tracks against ground truth.

    Args:
        gt: Sequence to (R, >= 8) rows ``frame, id, left, top, width, height, considered,
            class``, frames from 1, boxes in pixels (:func:`mmmaml.utils.mot_files.read_rows`).
        results: Sequence to (R, >= 7) rows ``frame, id, left, top, width, height, score``. No
            rows means no output: every box of the ground truth is then a miss.
        num_frames: Sequence to its number of frames.
        benchmark: ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` for their preprocessing (distractors and
            ignored boxes), ``'MOT15'`` for none (ground truth without classes).

    Raises:
        ValueError: A sequence is missing somewhere, or rows are unusable.
    """
    check_same_sequences(gt, results, num_frames)
    scorer = TrackEvalScorer()
    for name in gt:
        scorer.add(preprocess_sequence(name, gt[name], results[name], num_frames[name], benchmark))
    return scorer.scores()


def check_same_sequences(
    gt: Mapping[str, Any], results: Mapping[str, Any], num_frames: Mapping[str, int]
) -> None:
    """Refuse results, ground truth or lengths that name other sequences than the rest.

    Raises:
        ValueError: The message names the sequences and where they are missing.
    """
    names = gt.keys() | results.keys() | num_frames.keys()
    for what, table in (('results', results), ('ground truth', gt), ('num_frames', num_frames)):
        if missing := sorted(names - table.keys()):
            raise ValueError(
                f'no {what} for {", ".join(missing)} (a sequence without any track needs '
                'results with zero rows)'
            )


def _named_scores(results: dict[str, Any]) -> Scores:
    scores: Scores = {}
    for name, (metric, field) in _FIELDS.items():
        # HOTA's fields are arrays over 19 IoU thresholds, reported by their mean.
        value = float(np.mean(results[metric][field]))
        scores[name] = round(value) if name in COUNTS else value
    return scores
