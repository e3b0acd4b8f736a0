from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.evaluation.sequences import RowFile

NO_TRACKS = np.empty((0, 7))


def notes(gt, tracks, num_frames=9, benchmark='MOT17'):
    return evaluate_tracks([TrackedSequence('A', gt, tracks, num_frames)], benchmark).notes


def test_nothing_is_said_where_everything_counts(person, track):
    assert notes(person(1, [1, 2]), track(1, [1, 2])) == []


def test_each_reason_is_counted(person, track):
    gt = np.vstack(
        [
            person(1, range(1, 6)),
            person(-1, [1, 1, 2], left=400),
            person(2, [1, 2], left=100, considered=0),
            person(3, [1, 2, 3], left=200, category=7),
            person(4, 1, left=300, category=3, considered=0),
            person(1, 6, considered=0),  # of person 1 other boxes count
        ]
    )
    on_distractor = track(8, [1, 2], left=200)
    late = track(9, [7, 8])
    tracks = np.vstack([track(1, range(1, 6)), on_distractor, late])
    gt[4, 4] = tracks[0, 5] = 0

    assert notes(gt, tracks) == [
        'Boxes without identity (id < 0) left out of the ground truth: 3 of A',
        'Ground truth that does not count, flag 0: 4 of A',
        'Ground truth that does not count, class other than pedestrian: 3 of A',
        'People none of whose boxes counts: 3 of A',
        'Ground truth without width or height, which nothing can match: 1 of A',
        'Tracked boxes left out, on a distractor: 2 of A',
        'Tracked boxes without width or height, which match nobody: 1 of A',
        'Tracked boxes before the first or after the last frame with a person who counts: 2 of A',
    ]


@pytest.mark.parametrize('flag', [-1, 2])
def test_every_flag_but_zero_counts_as_in_trackeval(person, track, flag):
    gt = person(1, [1, 2], considered=flag)
    evaluation = evaluate_tracks([TrackedSequence('A', gt, track(1, [1, 2]), 2)])
    assert evaluation.overall['MOTA'] == 1
    assert evaluation.notes == []


def test_columns_that_mot15_does_not_use(person, track):
    gt = person(1, [1, 2])
    gt[:, 7:9] = [[4.49, -12.1], [12.6, 0.5]]
    said = 'Rows whose columns 8 to 10 are not used, world coordinates: 2 of A'
    assert notes(gt, track(1, [1, 2]), benchmark='MOT15') == [said]
    gt[:, 7:9] = [[1, 1], [7, 1]]
    said = 'Rows whose class is not used, as MOT15 has none: 2 of A'
    assert notes(gt, track(1, [1, 2]), benchmark='MOT15') == [said]
    gt[:, 7] = -1
    assert notes(gt, track(1, [1, 2]), benchmark='MOT15') == []


def test_what_is_no_visibility_is_said_and_does_not_hide_people(person, track):
    frames = [*range(1, 21), *range(36, 56)]
    gt = person(1, frames)
    gt[:, 8] = 0.1
    gt[0, 8] = 7
    sequence = TrackedSequence('A', gt, track(1, frames), 55, frame_rate=10.0)

    evaluation = evaluate_tracks([sequence])

    assert evaluation.notes == ['Rows whose column 9 is no visibility (0..1), not used: 1 of A']
    assert evaluation.sequences['A'].reentry[1.0] == (1, 1)  # 0.1 would be unseen
    assert (evaluation.sequences['A'].sequence.gt[:, 8] == -1).all()


@pytest.mark.parametrize(
    ('considered', 'category', 'message'),
    [
        (0, 1, '2 with flag 0'),
        (1, 3, '2 of another class'),
        (0, 7, '2 with flag 0'),
    ],
)
def test_ground_truth_in_which_nobody_counts_is_refused(
    person, track, considered, category, message
):
    gt = person(1, [1, 2], considered=considered, category=category)
    file = RowFile(Path('data/A/gt/gt.txt'), np.arange(2))
    sequence = TrackedSequence('A', gt, track(1, [1, 2]), 2, gt_file=file)
    with pytest.raises(ValueError, match=rf'no box .* counts: data/A/gt/gt\.txt holds {message}'):
        evaluate_tracks([sequence])


def test_empty_ground_truth_is_refused_unless_another_sequence_has_people(person, track):
    empty = TrackedSequence('E', np.empty((0, 9)), track(1, [1, 2]), 2)
    silent = TrackedSequence('S', person(1, 1), NO_TRACKS, 1)
    with pytest.raises(ValueError, match='the ground truth of E holds no box with an identity'):
        evaluate_tracks([empty])
    assert evaluate_tracks([empty, silent]).notes == [
        'Tracked boxes before the first or after the last frame with a person who counts: 2 of E',
        'No box of the ground truth counts, every track is a false positive: E',
        'Without any track, every person who counts is a miss: S',
    ]
