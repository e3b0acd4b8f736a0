from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation.benchmarks import check_benchmark
from mmmaml.evaluation.scoring.row_checks import Rows, check_track_rows, check_truth_rows
from mmmaml.evaluation.sequences import RowFile, TrackedSequence


def check_ground_truth(rows, num_frames, benchmark):
    check_truth_rows(Rows('ground truth of S', rows, None), num_frames, benchmark)


def check_results(rows, num_frames, file=None):
    check_track_rows(Rows('tracks of S', rows, file), num_frames)


def changed(rows, row, column, value):
    rows = rows.copy()
    rows[row, column] = value
    return rows


def test_good_rows_pass(person, track):
    check_ground_truth(person(0, [1, 9]), 9, 'MOT17')
    check_results(track(1000003, [1, 9]), 9)
    check_results(np.empty((0, 7)), 9)


@pytest.mark.parametrize(
    ('column', 'value', 'message'),
    [
        (0, 0, 'frame 0, id 4 lies outside the 9 frames'),
        (0, 10, 'frame 10, id 4 lies outside the 9 frames'),
        (0, 2.5, 'row 1: frame 2.5 is not a whole number'),
        (1, 4.5, 'row 1: id 4.5 is not a whole number'),
        (1, np.nan, 'row 1: id nan is not a whole number'),
        (1, -1, 'frame 2, id -1 has a negative id'),
        (0, 1, 'frame 1, id 4 occurs more than once'),
        (4, np.inf, 'frame 2, id 4 holds a value that is not finite'),
        (5, -3, 'frame 2, id 4 has a box of negative width or height: give left, top, width'),
    ],
)
def test_both_kinds_of_rows_are_refused_by_frame_and_id(person, track, column, value, message):
    with pytest.raises(ValueError, match=f'ground truth of S, {message}'):
        check_ground_truth(changed(person(4, [1, 2, 3]), 1, column, value), 9, 'MOT15')
    with pytest.raises(ValueError, match=f'tracks of S, {message}'):
        check_results(changed(track(4, [1, 2, 3]), 1, column, value), 9)


@pytest.mark.parametrize(
    ('column', 'value', 'message'),
    [
        (6, 0.9, 'flag 0.9 in column 7, which TrackEval would cut .*: write 1 for'),
        (7, 14, 'frame 2, id 4 has class 14, expected 1 to 13'),
        (7, -1, 'frame 2, id 4 has class -1, expected 1 to 13'),
        (7, 1.5, r'frame 2, id 4 has class 1.5.*\(1 such rows\)'),
    ],
)
def test_ground_truth_flags_and_classes(person, column, value, message):
    with pytest.raises(ValueError, match=message):
        check_ground_truth(changed(person(4, [1, 2, 3]), 1, column, value), 9, 'MOT17')


def test_only_pedestrians_can_be_tracked(person):
    rows = changed(person(4, [1, 2]), 1, 7, 3)
    with pytest.raises(ValueError, match='frame 2, id 4 has class 3: only pedestrians'):
        check_results(rows, 2)


def test_too_few_columns(track):
    with pytest.raises(ValueError, match=r'shape \(1, 7\), expected \(rows, at least 8\)'):
        TrackedSequence('S', track(1, 1), track(1, 1), 1)
    with pytest.raises(ValueError, match=r'tracks of S: shape \(6,\), expected'):
        TrackedSequence('S', np.zeros((0, 9)), np.zeros(6), 1)


def test_unknown_benchmark_names_the_known_ones():
    with pytest.raises(ValueError, match="'MOT18' is unknown, expected one of MOT15, MOT16"):
        check_benchmark('MOT18')


def test_a_row_of_a_file_is_named_by_its_line(track):
    file = RowFile(Path('r/S.txt'), np.array([1, 2, 5]))
    with pytest.raises(ValueError, match=r'^r/S\.txt, line 5: tracks of S, frame 3, id 4 holds'):
        check_results(changed(track(4, [1, 2, 3]), 2, 4, np.inf), 9, file)
    with pytest.raises(ValueError, match=r'^r/S\.txt, line 5: tracks of S, row 2: id 4\.5'):
        check_results(changed(track(4, [1, 2, 3]), 2, 1, 4.5), 9, file)
