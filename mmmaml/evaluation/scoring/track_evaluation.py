"""One pass over all sequences: TrackEval, motmetrics and its events, re-entry, counting."""

from collections.abc import Iterable

from ..benchmarks import check_benchmark
from ..recognition.reentry import ReentryProtocol, reentry_rate
from ..sequences import Evaluation, ScoredSequence, TrackedSequence
from .convention_checks import suspect_sequence
from .crowd_counting import count_errors
from .motmetrics_events import MotmetricsScorer
from .preprocessing import preprocess_sequence
from .row_checks import check_sequence
from .trackeval_scorer import TrackEvalScorer
from .unused_rows import (
    check_some_count,
    one_sided,
    said,
    unused_tracks,
    unused_truth,
    with_visibility,
    without_unidentified,
)


def evaluate_tracks(
    sequences: Iterable[TrackedSequence],
    benchmark: str = 'MOT17',
    protocol: ReentryProtocol | None = None,
) -> Evaluation:
    """Evaluate tracks against ground truth.

    Args:
        sequences: Sequences with different names.
        benchmark: ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` for their preprocessing (distractors and
            ignored boxes), ``'MOT15'`` for none (ground truth without classes).
        protocol: Definition of a re-entry; None for its defaults.

    Raises:
        ValueError: As :func:`check_tracks`, before anything is computed.
    """
    sequences = list(sequences)
    check_tracks(sequences, benchmark)
    unused = {each.name: unused_truth(each, benchmark) for each in sequences}
    sequences = [with_visibility(without_unidentified(each)) for each in sequences]
    trackeval, motmetrics = TrackEvalScorer(), MotmetricsScorer()
    scored = {}
    for each in sequences:
        data = preprocess_sequence(each, benchmark)
        scores = trackeval.add(data)
        cross_check, events = motmetrics.add(data)
        reentry = None
        if each.frame_rate is not None:
            reentry = reentry_rate(events, each.gt, each.frame_rate, protocol)
        counting = count_errors(each, benchmark)
        scored[each.name] = ScoredSequence(each, scores, cross_check, events, reentry, counting)
        unused[each.name] |= unused_tracks(each, data.data['num_tracker_dets'], benchmark)
    notes = [
        *(sentence for each in sequences for sentence in suspect_sequence(each)),
        *said(unused),
        *one_sided(sequences, benchmark),
    ]
    return Evaluation(benchmark, trackeval.overall(), motmetrics.overall(), scored, notes)


def check_tracks(sequences: Iterable[TrackedSequence], benchmark: str) -> None:
    """Refuse what :func:`evaluate_tracks` cannot score, without computing anything.

    Raises:
        ValueError: There is no sequence, two have one name, rows are unusable, or no box of the
            ground truth counts in any of them.
    """
    sequences = list(sequences)
    check_benchmark(benchmark)
    _check_names([each.name for each in sequences])
    identified = [without_unidentified(each) for each in sequences]
    for each in identified:
        check_sequence(each, benchmark)
    check_some_count(identified, benchmark)


def _check_names(names: list[str]) -> None:
    if not names:
        raise ValueError('there is no sequence to score')
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f'several sequences are named {", ".join(repeated)}: name them apart')
