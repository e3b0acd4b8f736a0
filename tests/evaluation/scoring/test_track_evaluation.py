import numpy as np
import pytest

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.evaluation.scoring.preprocessing import preprocess_sequence
from mmmaml.evaluation.scoring.trackeval_scorer import TrackEvalScorer

NO_TRACKS = np.empty((0, 7))


def test_one_pass_gives_what_the_scorers_give_by_themselves(random_sequence):
    sequences = [TrackedSequence(f'S{seed}', *random_sequence(seed), 40) for seed in range(2)]
    scorer = TrackEvalScorer()
    alone = [scorer.add(preprocess_sequence(each, 'MOT17')) for each in sequences]

    evaluation = evaluate_tracks(sequences)

    assert evaluation.overall == scorer.overall()
    assert [each.scores for each in evaluation.sequences.values()] == alone
    assert [each.sequence for each in evaluation.sequences.values()] == sequences
    # On such data the two libraries agree on the assignment of identities.
    assert evaluation.cross_check['IDF1'] == evaluation.overall['IDF1']


def test_no_sequence_and_two_of_a_name_are_refused(person):
    sequence = TrackedSequence('A', person(1, 1), NO_TRACKS, 1)
    with pytest.raises(ValueError, match='no sequence to score'):
        evaluate_tracks([])
    with pytest.raises(ValueError, match='several sequences are named A: name them apart'):
        evaluate_tracks([sequence, sequence])


def test_all_rows_are_checked_before_anything_is_computed(person, track, monkeypatch):
    monkeypatch.setattr(TrackEvalScorer, 'add', lambda *_: pytest.fail('scored before'))
    good = TrackedSequence('A', person(1, 1), track(1, 1), 1)
    bad = TrackedSequence('B', person(1, 1), track(1, 2), 1)
    with pytest.raises(ValueError, match='tracks of B, frame 2, id 1 lies outside the 1 frames'):
        evaluate_tracks([good, bad])


def test_reentry_is_counted_if_the_frame_rate_is_known(person, track):
    frames = [*range(1, 21), *range(36, 56)]
    rows = person(1, frames), track(5, frames)
    known = TrackedSequence('A', *rows, 55, frame_rate=10.0)
    unknown = TrackedSequence('B', *rows, 55)

    scored = evaluate_tracks([known, unknown]).sequences

    assert scored['A'].reentry == {1.0: (1, 1), 3.0: (0, 0), 10.0: (0, 0)}
    assert scored['B'].reentry is None


@pytest.mark.parametrize('benchmark', ['MOT15', 'MOT17'])
def test_whole_numbers_score_as_floats_do(person, track, benchmark):
    frames = range(1, 6)
    rows = person(1, frames), track(5, frames)
    floats, integers = (
        evaluate_tracks([TrackedSequence('A', *map(np.asarray, each), 5, 5.0)], benchmark)
        for each in (rows, [part.astype(np.int64) for part in rows])
    )
    assert integers.overall == floats.overall
    assert integers.notes == floats.notes
    assert floats.overall['MOTA'] == 1
