"""Errors of counted people, by examples computed by hand."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from mmmaml.evaluation import CountErrors, CrowdCounts, TrackedSequence, evaluate_tracks
from mmmaml.evaluation.scoring.crowd_counting import (
    count_errors,
    counting_scores,
    sum_counting,
    true_counts,
)
from mmmaml.evaluation.scoring.tables import (
    COUNTING,
    evaluation_to_json,
    legend,
    markdown_table,
    terminal_table,
)


@pytest.fixture
def sequence(person, track) -> TrackedSequence:
    """Three frames of 40 x 80 pixels with 2, 1 and 1 people; boxes are 10 wide, 20 high, at y=50.

    Beside them stand one who does not count, one of another class, and one whose centre, at 42,
    is not in the image; the centre of the second person, at 38, is.
    """
    gt = np.concatenate(
        [
            person(1, [1, 2, 3]),
            person(2, 1, left=33),
            person(3, [1, 2, 3], left=20, considered=0),
            person(4, [1, 2, 3], left=20, category=8),
            person(5, [1, 2, 3], left=37),
        ]
    )
    tracks = np.concatenate([track(1, [1, 2]), track(2, 2, left=33)])
    counts = CrowdCounts(np.array([2.5, 0.25, np.nan]), np.array([1.0, 2.0, 1.0]))
    return TrackedSequence('A', gt, tracks, 3, image_size=(40, 80), counts=counts)


def test_true_are_those_who_count_with_their_centre_in_the_image(sequence):
    assert true_counts(sequence, 'MOT17').tolist() == [2, 1, 1]
    assert true_counts(sequence, 'MOT15').tolist() == [3, 2, 2]  # classes mean nothing
    assert true_counts(replace(sequence, image_size=None), 'MOT17').tolist() == [3, 2, 2]


def test_errors_of_the_frames_that_were_counted(sequence):
    errors = count_errors(sequence, 'MOT17')
    # Density: 2.5 - 2, 0.25 - 1. Boxes: 1 - 2, 2 - 1. Tracks: 1 - 2, 2 - 1.
    assert errors == {
        'density': CountErrors(2, 3, 1.25, -0.25),
        'boxes': CountErrors(2, 3, 2, 0),
        'tracks': CountErrors(2, 3, 2, 0),
    }
    density = errors['density']
    assert (density.mae, density.bias) == (0.625, -0.125)
    assert density.relative == pytest.approx(1.25 / 3)
    assert count_errors(replace(sequence, counts=None), 'MOT17') is None


def test_unknown_boxes_are_left_out(sequence):
    counts = CrowdCounts(sequence.counts.density, np.full(3, np.nan))
    assert list(count_errors(replace(sequence, counts=counts), 'MOT17')) == ['density', 'tracks']


def test_overall_scores_weigh_frames_alike():
    total = sum_counting(
        [{'density': CountErrors(1, 10, 4, 4)}, None, {'density': CountErrors(3, 2, 2, -2)}]
    )
    scores = counting_scores(total)
    assert scores == {'CountMAE': 1.5, 'CountBias': 0.5, 'CountRelative': 0.5}
    assert counting_scores({}) == {}
    nobody = counting_scores({'tracks': CountErrors(0, 0, 0, 0)})
    assert list(nobody) == ['TrackCountMAE', 'TrackCountBias', 'TrackCountRelative']
    assert all(math.isnan(value) for value in nobody.values())


def test_tables_and_json_tell_them(sequence, person, track):
    silent = TrackedSequence('B', person(1, 1), track(1, 1), 1)
    evaluation = evaluate_tracks([sequence, silent])
    rows = [
        line
        for line in markdown_table(evaluation).splitlines()
        if 'density' in line or '%' in line
    ]
    assert rows[0].startswith(
        '| Sequence | people | density MAE | density bias | density relative |'
    )
    numbers = '| 1.5 | 0.62 | -0.12 | 41.7 % | 1.00 | +0.00 | 66.7 % | 1.00 | +0.00 | 66.7 % |'
    assert rows[1:] == [f'| A {numbers}', f'| OVERALL {numbers}']
    assert 'tracks relative' in terminal_table(evaluation)
    assert COUNTING in legend(evaluation)
    counting = json.loads(evaluation_to_json(evaluation))['counting']
    assert list(counting['sequences']) == ['A']
    assert counting['overall']['density'] == {
        'frames': 2,
        'people': 3,
        'MAE': 0.625,
        'bias': -0.125,
        'relative': pytest.approx(1.25 / 3),
    }


def test_without_counts_nothing_is_said(person, track):
    evaluation = evaluate_tracks([TrackedSequence('B', person(1, 1), track(1, 1), 1)])
    assert evaluation.sequences['B'].counting is None
    for text in (terminal_table(evaluation), markdown_table(evaluation)):
        assert 'density' not in text
    assert COUNTING not in legend(evaluation)
    assert 'counting' not in json.loads(evaluation_to_json(evaluation))
