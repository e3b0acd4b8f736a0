import numpy as np
import pytest
import trackeval

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.evaluation.scoring.preprocessing import preprocess_sequence
from mmmaml.evaluation.scoring.trackeval_scorer import COUNTS, RATIOS, TrackEvalScorer

NO_TRACKS = np.empty((0, 7))


def score_one(gt, tracks, num_frames, benchmark='MOT17'):
    return evaluate_tracks([TrackedSequence('seq', gt, tracks, num_frames)], benchmark).overall


def test_crossing_matches_the_hand_computed_scores(crossing):
    gt, tracks, expected = crossing

    scores = score_one(gt, tracks, 5)

    assert scores == pytest.approx(expected)
    assert all(type(scores[name]) is int for name in COUNTS)
    assert all(type(scores[name]) is float for name in RATIOS)


def test_no_output_at_all_misses_everybody(crossing):
    scores = score_one(crossing[0], NO_TRACKS, 5)

    assert (scores['FN'], scores['ML'], scores['MOTA'], scores['HOTA']) == (10, 2, 0, 0)


def test_frames_before_the_first_output_count_their_misses(person, track):
    scores = score_one(person(3, range(1, 11)), track(0, range(5, 11)), 10)

    assert (scores['FN'], scores['FP'], scores['IDs']) == (4, 0, 0)
    assert scores['MOTA'] == pytest.approx(0.6)


def test_tracks_without_ground_truth_are_false_positives(track):
    nobody = TrackedSequence('seq', np.empty((0, 9)), track(1, [1, 2]), 2)
    scores = TrackEvalScorer().add(preprocess_sequence(nobody, 'MOT17'))

    assert (scores['FP'], scores['FN']) == (2, 0)


@pytest.mark.parametrize(
    ('category', 'considered', 'benchmark', 'false_positives', 'misses'),
    [
        (1, 1, 'MOT17', 0, 0),
        (1, 0, 'MOT17', 1, 0),  # an ignored pedestrian is no distractor
        (2, 0, 'MOT17', 0, 0),
        (7, 1, 'MOT17', 0, 0),
        (8, 0, 'MOT16', 0, 0),
        (12, 0, 'MOT20', 0, 0),
        (3, 0, 'MOT17', 1, 0),  # a car is none either
        (6, 0, 'MOT17', 1, 0),
        (6, 0, 'MOT20', 0, 0),  # on MOT20 a vehicle without motor is one
        (7, 1, 'MOT15', 0, 0),  # MOT15 has no classes: this is a person like any other
    ],
)
def test_a_track_on_somebody_who_does_not_count(
    person, track, category, considered, benchmark, false_positives, misses
):
    gt = np.vstack([person(1, 1), person(2, 1, left=50, considered=considered, category=category)])

    scores = score_one(gt, np.vstack([track(1, 1), track(2, 1, left=50)]), 1, benchmark)

    assert (scores['FP'], scores['FN']) == (false_positives, misses)


def test_an_untracked_distractor_is_no_miss_but_a_person_without_class_is(person, track):
    gt = np.vstack([person(1, 1), person(2, 1, left=50, category=7)])

    assert score_one(gt, track(1, 1), 1, 'MOT17')['FN'] == 0
    assert score_one(gt, track(1, 1), 1, 'MOT15')['FN'] == 1


def test_mot15_takes_ground_truth_without_classes(person, track):
    gt = person(1, [1, 2])
    gt[:, 7:] = -1

    assert score_one(gt, track(4, [1, 2]), 2, 'MOT15')['MOTA'] == 1


def test_huge_identities_cost_nothing_and_change_nothing(crossing):
    gt, tracks, expected = crossing
    gt[:, 1] += 10**12
    tracks[:, 1] += 10**12

    assert score_one(gt, tracks, 5) == pytest.approx(expected)


def test_overall_adds_counts_instead_of_averaging_ratios(person, track):
    long = TrackedSequence('long', person(1, range(1, 10)), track(1, range(1, 10)), 9)
    short = TrackedSequence('short', person(1, 1), NO_TRACKS, 1)

    evaluation = evaluate_tracks([long, short])

    assert evaluation.overall['MOTA'] == pytest.approx(0.9)
    assert [each.scores['MOTA'] for each in evaluation.sequences.values()] == [1, 0]


@pytest.mark.parametrize('benchmark', ['MOT15', 'MOT17', 'MOT20'])
def test_equals_trackevals_own_run_on_a_folder(tmp_path, random_sequence, benchmark):
    sequences = {f'SEQ-{seed}': random_sequence(seed) for seed in range(3)}
    sequences['SILENT'] = (random_sequence(9)[0], NO_TRACKS)

    evaluation = evaluate_tracks(
        [TrackedSequence(name, *rows, 40) for name, rows in sequences.items()], benchmark
    )

    reference = run_trackeval(tmp_path, sequences, benchmark)
    assert_equal(evaluation.overall, reference['COMBINED_SEQ']['pedestrian'])
    for name in sequences:
        assert_equal(evaluation.sequences[name].scores, reference[name]['pedestrian'])
    assert 0 < evaluation.overall['IDs'] < evaluation.overall['FN']


@pytest.mark.parametrize(
    ('other_truth', 'other_track', 'frag'),
    [
        (range(1, 9), range(1, 9), 1),  # somebody else is tracked meanwhile
        (range(1, 9), [], 0),  # no box of the tracker at all: the frame is skipped
        ([], range(1, 9), 0),  # nobody who counts is there: skipped too
    ],
)
def test_an_interruption_needs_a_frame_with_a_person_and_a_box(
    person, track, other_truth, other_track, frag
):
    here = [1, 2, 3, 6, 7, 8]
    gt = np.vstack([person(1, here), person(2, other_truth, left=100)])
    tracks = np.vstack([track(1, here), track(2, other_track, left=100)])

    assert score_one(gt, tracks, 8)['Frag'] == frag


@pytest.mark.parametrize(('other', 'switches'), [([], 0), ([3], 1)])
def test_the_frame_before_is_the_last_one_with_a_box(person, track, other, switches):
    # From frame 4 on two tracks cover the person, the newer one better. If frame 3 has no box
    # of the tracker, frame 2 is the frame before, and the older track goes on.
    gt = np.vstack([person(1, range(1, 6)), person(2, range(1, 6), left=100)])
    old, new = track(1, [1, 2, 4, 5], left=1), track(2, [4, 5])
    tracks = np.vstack([old, new, track(3, other, left=100)])

    assert score_one(gt, tracks, 5)['IDs'] == switches


def test_prints_nothing(crossing, capfd, monkeypatch):
    monkeypatch.setattr(trackeval._timing, 'DO_TIMING', True)

    score_one(crossing[0], crossing[1], 5)

    assert capfd.readouterr() == ('', '')


def run_trackeval(folder, sequences, benchmark):
    """Write TrackEval's folders by hand and run its Evaluator as its scripts do."""
    for name, (gt, tracks) in sequences.items():
        (folder / 'gt' / name / 'gt').mkdir(parents=True)
        lines = [f'{int(r[0])},{int(r[1])},' + ','.join(f'{v:.17g}' for v in r[2:]) for r in gt]
        (folder / 'gt' / name / 'gt' / 'gt.txt').write_text('\n'.join(lines))
        results = folder / 'trackers' / 'ours' / 'data'
        results.mkdir(parents=True, exist_ok=True)
        lines = [
            f'{int(r[0])},{int(r[1])},' + ','.join(f'{v:.17g}' for v in r[2:]) + ',-1,-1,-1'
            for r in tracks
        ]
        (results / f'{name}.txt').write_text('\n'.join(lines))
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            'GT_FOLDER': str(folder / 'gt'),
            'TRACKERS_FOLDER': str(folder / 'trackers'),
            'SKIP_SPLIT_FOL': True,
            'SEQ_INFO': dict.fromkeys(sequences, 40),
            'BENCHMARK': benchmark,
        }
    )
    evaluator = trackeval.Evaluator(
        {'TIME_PROGRESS': False, 'PLOT_CURVES': False, 'LOG_ON_ERROR': None}
    )
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
    results, _ = evaluator.evaluate([dataset], metrics)
    return results['MotChallenge2DBox']['ours']


def assert_equal(scores, reference):
    clear, identity, hota = reference['CLEAR'], reference['Identity'], reference['HOTA']
    counts = {
        'IDs': clear['IDSW'],
        'MT': clear['MT'],
        'ML': clear['ML'],
        'FP': clear['CLR_FP'],
        'FN': clear['CLR_FN'],
        'Frag': clear['Frag'],
    }
    ratios = {
        'MOTA': clear['MOTA'],
        'MOTP': clear['MOTP'],
        'Rcll': clear['CLR_Re'],
        'Prcn': clear['CLR_Pr'],
        'IDF1': identity['IDF1'],
        'HOTA': np.mean(hota['HOTA']),
        'DetA': np.mean(hota['DetA']),
        'AssA': np.mean(hota['AssA']),
    }
    assert {name: scores[name] for name in COUNTS} == counts
    assert {name: scores[name] for name in RATIOS} == pytest.approx(ratios, abs=1e-6, rel=0)
