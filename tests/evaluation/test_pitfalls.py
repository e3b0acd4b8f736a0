"""Pitfalls of tools of this field, in the order of docs/pitfalls.md."""

import re
from pathlib import Path

import motmetrics
import numpy as np
import pytest

from mmmaml.evaluation import TrackedSequence, evaluate_folders, evaluate_tracks
from mmmaml.models.trackers.association.assignment import assign
from mmmaml.utils.mot_files import read_rows
from tests.evaluation.track_files import write_tracks, write_truth

ROOT = Path(__file__).parents[2]


def evaluate_one(gt, tracks, num_frames, benchmark='MOT17'):
    sequence = TrackedSequence('A', gt, tracks, num_frames)
    return evaluate_tracks([sequence], benchmark).sequences['A']


def scores_of_one(gt, tracks, num_frames, benchmark='MOT17'):
    return evaluate_one(gt, tracks, num_frames, benchmark).scores


def test_an_id_of_minus_one_does_not_join_the_highest(person, track):
    gt = np.vstack([person(1, [1, 2, 3]), person(2, [4, 5, 6], left=100)])
    tracks = np.vstack([track(7, [1, 2, 3]), track(-1, [4, 5, 6], left=100)])

    with pytest.raises(ValueError, match='frame 4, id -1 has a negative id: leave boxes'):
        scores_of_one(gt, tracks, 6)


def test_a_flag_below_one_is_not_cut_to_ignored(person, track):
    gt = person(1, [1, 2], considered=0.9)

    with pytest.raises(ValueError, match=r'considered flag 0\.9 in column 7, which TrackEval'):
        scores_of_one(gt, track(1, [1, 2]), 2)


@pytest.mark.parametrize(('others', 'fragments'), [([1, 2, 3, 4, 5], 1), ([], 0)])
def test_fragments_of_perfect_tracks_are_no_misses(person, track, others, fragments):
    away_in_frame_3 = [1, 2, 4, 5]
    gt = np.vstack([person(1, away_in_frame_3), person(2, others, left=100)])
    tracks = np.vstack([track(1, away_in_frame_3), track(2, others, left=100)])

    scored = evaluate_one(gt, tracks, 5)

    assert scored.scores['Frag'] == fragments
    assert set(scored.events['type']) == {'match'}


@pytest.mark.parametrize(('elsewhere', 'fragments'), [([], 0), ([3], 1)])
def test_a_missed_frame_is_an_event_whatever_its_fragments(person, track, elsewhere, fragments):
    tracks = np.vstack([track(1, [1, 2, 4, 5]), track(2, elsewhere, left=100)])

    scored = evaluate_one(person(1, range(1, 6)), tracks, 5)

    assert scored.scores['Frag'] == fragments
    missed = scored.events[scored.events['type'] == 'miss']
    assert missed[['frame', 'gt_id']].to_numpy().tolist() == [[3, 1]]


@pytest.mark.parametrize(('covered', 'mostly'), [(4, 0), (5, 1)])
def test_mostly_tracked_begins_above_four_fifths(person, track, covered, mostly):
    scores = scores_of_one(person(1, range(1, 6)), track(1, range(1, covered + 1)), 5)

    assert scores['MT'] == mostly


@pytest.mark.parametrize('ending', ['', ',1', ',1,-1,-1,-1', ',1,-1,-1,-1,'])
@pytest.mark.parametrize('separator', [',', ', ', ' ', '\t'])
def test_all_spellings_of_a_row_are_the_same_box(tmp_path, ending, separator):
    path = tmp_path / 'A.txt'
    path.write_text(f'1,7,10,20,30,60{ending}\n'.replace(',', separator))

    assert read_rows(path)[:, :6].tolist() == [[1, 7, 10, 20, 30, 60]]


def test_rows_shorter_than_the_first_do_not_vanish(tmp_path):
    path = tmp_path / 'A.txt'
    path.write_text('1,7,10,20,30,60,1,-1,-1,-1\n2,7,10,20,30,60\n')

    with pytest.raises(ValueError, match=r'A\.txt, line 2: .* has 6 columns, the rows before it'):
        read_rows(path)


def test_results_without_confidence_are_scored(tmp_path, person):
    write_truth(tmp_path / 'gt', 'A', person(1, [1, 2]), num_frames=2)
    (tmp_path / 'results').mkdir()
    (tmp_path / 'results' / 'A.txt').write_text('1,7,0,50,10,20\n2,7,0,50,10,20\n')

    found = evaluate_folders(tmp_path / 'gt', tmp_path / 'results')

    assert found.overall['MOTA'] == 1
    assert found.cross_check['MOTA'] == 1


def test_one_id_for_everybody_is_refused_though_motmetrics_calls_it_perfect(person, track):
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    accumulator.update([1, 2], [7, 7], [[0, np.nan], [np.nan, 0]])
    host = motmetrics.metrics.create()
    assert host.compute(accumulator, metrics=['mota'])['mota'].item() == 1

    gt = np.vstack([person(1, 1), person(2, 1, left=100)])
    tracks = np.vstack([track(7, 1), track(7, 1, left=100)])
    with pytest.raises(ValueError, match='frame 1, id 7 occurs more than once in this frame'):
        scores_of_one(gt, tracks, 1)


def test_truth_without_classes_counts_in_full(tmp_path, person, track):
    gt = person(1, range(1, 6))
    gt[:, 7:] = -1
    write_truth(tmp_path / 'gt', 'A', gt, num_frames=5)
    write_tracks(tmp_path / 'results', 'A', track(1, range(1, 6)))

    found = evaluate_folders(tmp_path / 'gt', tmp_path / 'results')

    assert found.benchmark == 'MOT15'
    assert [found.overall[name] for name in ('MOTA', 'FP')] == [1, 0]


def test_frame_zero_is_refused_not_left_out(tmp_path):
    path = tmp_path / 'A.txt'
    path.write_text('0,1,10,20,30,60,1,-1,-1,-1\n')

    with pytest.raises(ValueError, match=r'line 1: .* frame >= 1'):
        read_rows(path)


def test_boxes_of_truth_are_not_cut_to_whole_pixels(person, track):
    gt, tracks = person(1, [1, 2]), track(1, [1, 2])
    gt[:, 2:6] = tracks[:, 2:6] = [0.9, 0.9, 2.9, 4.9]
    scores = scores_of_one(gt, tracks, 2)
    assert (scores['MOTA'], scores['MOTP']) == (1, 1)

    gt[:, 2:6] = np.floor(gt[:, 2:6])
    assert scores_of_one(gt, tracks, 2)['MOTA'] == -1


def test_an_id_of_zero_is_a_track_and_the_crowd_of_mot20_can_be_read(person, track):
    gt = np.vstack([person(0, [1, 2]), person(3, [1, 2], left=100, considered=0, category=13)])

    assert scores_of_one(gt, track(0, [1, 2]), 2, 'MOT20')['IDF1'] == 1


def test_assignment_is_optimal_at_any_scale_of_costs():
    costs = np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])
    for scale in (1, 1e7, 1e12):
        rows, columns = assign(costs * scale, 9 * scale)
        assert (rows.tolist(), columns.tolist()) == ([0, 1, 2], [1, 0, 2])


def test_the_page_names_tests_and_scripts_that_are_there():
    page = (ROOT / 'docs' / 'pitfalls.md').read_text()
    scripts = {path.name for path in (ROOT / 'findings').glob('*.sh')}
    tests = '\n'.join(path.read_text() for path in (ROOT / 'tests').rglob('test_*.py'))

    named = set(re.findall(r'`(test_\w+)`', page))
    assert named <= set(re.findall(r'^def (test_\w+)', tests, re.MULTILINE))
    assert set(re.findall(r'[\w-]+\.sh', page)) <= scripts
    listed = re.findall(r'^\| `([\w-]+\.sh)`', (ROOT / 'findings/README.md').read_text(), re.M)
    assert sorted(listed) == sorted(scripts)


def test_false_tracks_cost_and_each_video_numbers_its_people(person, track):
    frames = range(1, 11)
    gt = np.vstack([person(1, frames), person(2, frames, left=100)])
    swapped = np.vstack([track(2, frames), track(1, frames, left=100)])
    invented = [track(10 + number, frames, left=300 + 50 * number) for number in range(50)]
    videos = [
        TrackedSequence('A', gt, np.vstack([track(1, frames), track(2, frames, left=100)]), 10),
        TrackedSequence('B', gt, swapped, 10),
    ]

    perfect = evaluate_tracks(videos, 'MOT17').overall
    worse = scores_of_one(gt, np.vstack([swapped, *invented]), 10)

    assert (perfect['HOTA'], perfect['IDF1']) == pytest.approx((1, 1))
    assert (worse['HOTA'], worse['IDF1']) == pytest.approx((0.196, 0.074), abs=1e-3)
