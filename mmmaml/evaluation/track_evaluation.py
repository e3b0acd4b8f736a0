"""One pass over all sequences: TrackEval's scores, motmetrics' scores and the event log."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .motmetrics_events import MotmetricsScorer
from .preprocessing import preprocess_sequence
from .trackeval_scorer import MOTScores, TrackEvalScorer, check_same_sequences


@dataclass(frozen=True)
class TrackEvaluation:
    """What an evaluation finds.

    Attributes:
        scores: TrackEval's, the ones to report.
        cross_check: motmetrics' ``MOTA``, ``IDF1`` and ``IDs`` of the same boxes.
        events: Sequence to its event log, see
            :class:`~mmmaml.evaluation.motmetrics_events.SequenceEvents`.
    """

    scores: MOTScores
    cross_check: MOTScores
    events: dict[str, pd.DataFrame]


def evaluate_tracks(
    gt: Mapping[str, np.ndarray],
    results: Mapping[str, np.ndarray],
    num_frames: Mapping[str, int],
    benchmark: str = 'MOT17',
) -> TrackEvaluation:
    """Evaluate tracks against ground truth; the arguments are those of ``score_tracks``.

    Raises:
        ValueError: A sequence is missing somewhere, or rows are unusable.
    """
    check_same_sequences(gt, results, num_frames)
    trackeval, cross_check = TrackEvalScorer(), MotmetricsScorer()
    events = {}
    for name in gt:
        sequence = preprocess_sequence(name, gt[name], results[name], num_frames[name], benchmark)
        trackeval.add(sequence)
        events[name] = cross_check.add(sequence).events
    return TrackEvaluation(trackeval.scores(), cross_check.scores(), events)
