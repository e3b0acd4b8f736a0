"""One pass over all sequences: scores of TrackEval, scores and events of motmetrics, re-entry."""

from collections.abc import Iterable
from dataclasses import replace

from ...utils.mot_files import ID
from ..benchmarks import check_benchmark
from ..recognition.reentry import ReentryProtocol, reentry_rate
from ..sequences import Evaluation, ScoredSequence, TrackedSequence
from .motmetrics_events import MotmetricsScorer
from .preprocessing import preprocess_sequence
from .row_checks import check_sequence
from .trackeval_scorer import TrackEvalScorer


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
        ValueError: There is no sequence, two have one name, or rows are unusable. All rows are
            checked before anything is computed.
    """
    sequences = list(sequences)
    notes = _unidentified_notes(sequences)
    sequences = [without_unidentified(each) for each in sequences]
    check_benchmark(benchmark)
    _check_names([each.name for each in sequences])
    for each in sequences:
        check_sequence(each, benchmark)
    trackeval, motmetrics = TrackEvalScorer(), MotmetricsScorer()
    scored = {}
    for each in sequences:
        data = preprocess_sequence(each, benchmark)
        scores = trackeval.add(data)
        cross_check, events = motmetrics.add(data)
        reentry = None
        if each.frame_rate is not None:
            reentry = reentry_rate(events, each.gt, each.frame_rate, protocol)
        scored[each.name] = ScoredSequence(each, scores, cross_check, events, reentry)
    return Evaluation(benchmark, trackeval.overall(), motmetrics.overall(), scored, notes)


def without_unidentified(sequence: TrackedSequence) -> TrackedSequence:
    """Leave out the boxes of the ground truth without identity (id < 0).

    They cannot be scored as tracks: they are no misses, and a track on one is a false positive.
    """
    known = ~(sequence.gt[:, ID] < 0)
    if known.all():
        return sequence
    gt_file = sequence.gt_file and sequence.gt_file.take(known)
    return replace(sequence, gt=sequence.gt[known], gt_file=gt_file)


def _unidentified_notes(sequences: list[TrackedSequence]) -> list[str]:
    counts = {each.name: int((each.gt[:, ID] < 0).sum()) for each in sequences}
    said = ', '.join(f'{count} of {name}' for name, count in counts.items() if count)
    what = 'Boxes without identity (id < 0) left out of the ground truth'
    return [f'{what}: {said}'] if said else []


def _check_names(names: list[str]) -> None:
    if not names:
        raise ValueError('there is no sequence to score')
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f'several sequences are named {", ".join(repeated)}: name them apart')
