import numpy as np
import pytest

from mmmaml.evaluation.scoring.motmetrics_events import MotmetricsScorer
from mmmaml.evaluation.scoring.preprocessing import preprocess_sequence
from mmmaml.evaluation.sequences import TrackedSequence


def events_of(gt, tracks, num_frames, benchmark='MOT17'):
    sequence = TrackedSequence('seq', gt, tracks, num_frames)
    return MotmetricsScorer().add(preprocess_sequence(sequence, benchmark))


def test_crossing_has_one_switch_with_the_ids_of_the_files(crossing):
    gt, tracks, expected = crossing

    scores, events = events_of(gt, tracks, 5)

    assert scores == pytest.approx({k: expected[k] for k in ('MOTA', 'IDF1', 'IDs')})
    assert events['type'].value_counts().to_dict() == {'match': 9, 'switch': 1}
    switch = events[events['type'] == 'switch'].iloc[0]
    assert (switch['frame'], switch['gt_id'], switch['track_id'], switch['iou']) == (3, 2, 7, 1)


def test_event_log_equals_a_hand_written_one(person, track):
    gt = np.vstack([person(1000003, [1, 2]), person(7, [2], left=100)])
    tracks = np.vstack([track(5, [2]), track(6, [1], left=300)])

    _, events = events_of(gt, tracks, 3)

    rows = [
        tuple(None if v != v or v is None else v for v in row)
        for row in events.astype(object).where(events.notna(), None).itertuples(index=False)
    ]
    assert rows == [
        (1, 'miss', 1000003, None, None),
        (1, 'false_positive', None, 6, None),
        (2, 'match', 1000003, 5, 1.0),
        (2, 'miss', 7, None, None),
    ]


def test_an_overlap_of_exactly_half_is_a_match_and_less_is_none(person, track):
    # Boxes 10 wide, 10/3 apart: intersection 20/3, union 40/3.
    _, half = events_of(person(1, 1), track(1, 1, left=10 / 3), 1)
    _, less = events_of(person(1, 1), track(1, 1, left=10 / 3 + 1e-6), 1)

    assert half['type'].tolist() == ['match']
    assert half['iou'].tolist() == pytest.approx([0.5])
    assert less['type'].tolist() == ['miss', 'false_positive']


def test_distractors_are_gone_for_motmetrics_too(person, track):
    gt = np.vstack([person(1, 1), person(2, 1, left=50, category=7)])
    tracks = np.vstack([track(8, 1), track(9, 1, left=50)])

    scores, events = events_of(gt, tracks, 1)

    assert events['track_id'].tolist() == [8]
    assert scores == {'MOTA': 1.0, 'IDF1': 1.0, 'IDs': 0}


def test_no_output_and_nothing_at_all(person):
    silent_scores, silent = events_of(person(1, [1, 2]), np.empty((0, 7)), 2)
    empty_scores, empty = events_of(np.empty((0, 9)), np.empty((0, 7)), 2)

    assert silent['type'].tolist() == ['miss', 'miss']
    assert silent_scores['MOTA'] == 0
    assert len(empty) == 0
    assert np.isnan(empty_scores['MOTA'])


def test_event_counts_equal_the_scores_on_random_data(random_sequence):
    gt, tracks = random_sequence(4)
    data = preprocess_sequence(TrackedSequence('seq', gt, tracks, 40), 'MOT17')

    scores, events = MotmetricsScorer().add(data)

    counts = events['type'].value_counts()
    num_gt = data.data['num_gt_dets']
    assert counts['match'] + counts['switch'] + counts['miss'] == num_gt
    wrong = counts['miss'] + counts['false_positive'] + counts['switch']
    assert scores['MOTA'] == pytest.approx(1 - wrong / num_gt)
    assert scores['IDs'] == counts['switch'] > 0
    assert set(events['gt_id'].dropna()) <= set(gt[:, 1].astype(int))


def test_overall_adds_counts(crossing, person):
    gt, tracks, _ = crossing
    scorer = MotmetricsScorer()
    silent = TrackedSequence('b', person(1, range(1, 11)), np.empty((0, 7)), 10)
    for sequence in (TrackedSequence('a', gt, tracks, 5), silent):
        scorer.add(preprocess_sequence(sequence, 'MOT17'))

    assert scorer.overall() == pytest.approx({'MOTA': 9 / 20, 'IDF1': 16 / 30, 'IDs': 1})
