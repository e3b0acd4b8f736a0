import re

import numpy as np
import pytest

from mmmaml.evaluation import TrackedSequence
from mmmaml.evaluation.scoring.convention_checks import suspect_sequence

SIZE = (640, 480)


def corners(boxes):
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def centres(boxes):
    return np.hstack([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]])


def fractions(boxes):
    return boxes / [*SIZE, *SIZE]


def twice(boxes):
    return 2 * boxes


def half(boxes):
    return boxes / 2


CONVENTIONS = {
    corners: r'corners',
    centres: 'centres',
    fractions: r'parts of the image|times as large',
    twice: 'resolution|another size',
    half: 'resolution|smaller pictures',
}


@pytest.fixture
def rows():
    """People all over the image, upright and smaller than it, and jittered tracks on them."""
    rng = np.random.default_rng(0)
    size = rng.uniform([20, 50], [50, 120], (400, 2))
    boxes = np.hstack([rng.uniform(0, np.array(SIZE) - size), size])
    head = np.column_stack([np.repeat(np.arange(1, 41), 10), np.tile(np.arange(10), 40)])
    tail = np.ones((400, 3))
    gt = np.hstack([head, boxes, tail])
    tracks = np.hstack([head, boxes + rng.normal(0, 2, boxes.shape), tail[:, :1]])
    return gt, tracks[rng.random(400) < 0.8]


def changed(rows, conversion):
    return np.hstack([rows[:, :2], conversion(rows[:, 2:6]), rows[:, 6:]])


@pytest.mark.parametrize('size', [SIZE, None])
def test_good_boxes_are_not_suspected(rows, size):
    assert suspect_sequence(TrackedSequence('A', *rows, 40, image_size=size)) == []


def test_a_bad_tracker_is_not_suspected(rows):
    gt, tracks = rows
    tracks = tracks.copy()
    tracks[:, 2:4] = np.random.default_rng(1).uniform(0, 400, (len(tracks), 2))
    assert suspect_sequence(TrackedSequence('A', gt, tracks, 40, image_size=SIZE)) == []


@pytest.mark.parametrize('size', [SIZE, None])
@pytest.mark.parametrize('conversion', CONVENTIONS)
def test_tracks_in_another_convention_are_named(rows, conversion, size):
    gt, tracks = rows
    sequence = TrackedSequence('A', gt, changed(tracks, conversion), 40, image_size=size)
    (sentence,) = suspect_sequence(sequence)
    assert 'Tracks of A' in sentence or 'the tracks were' in sentence
    assert re.search(CONVENTIONS[conversion], sentence)


@pytest.mark.parametrize('conversion', [corners, centres, fractions, twice])
def test_ground_truth_in_another_convention_is_named(rows, conversion):
    gt, tracks = rows
    sequence = TrackedSequence('A', changed(gt, conversion), tracks, 40, image_size=SIZE)
    assert suspect_sequence(sequence) != []


def test_both_in_corners_reach_beyond_the_image(rows):
    both = [changed(each, corners) for each in rows]
    sentences = suspect_sequence(TrackedSequence('A', *both, 40, image_size=SIZE))
    assert [each.split(':')[0] for each in sentences] == ['Ground truth of A', 'Tracks of A']
