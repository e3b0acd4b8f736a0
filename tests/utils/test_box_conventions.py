"""People walk in an image; their boxes are written in every convention there is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.utils.box_conventions import find_suspicions, suspect_boxes
from tests.properties import bounded


def scene(seed, size=(1920, 1080), people=12, frames=20, clipped=True):
    """(N, 4) boxes of people on a ground seen from above, left, top, width, height."""
    rng = np.random.default_rng(seed)
    scale = np.asarray(size)
    foot = rng.uniform((0.02, 0.35), (0.98, 1.02), (people, 2)) * scale
    speed = rng.uniform(-0.01, 0.01, (people, 2)) * scale
    feet = (foot + speed * np.arange(frames)[:, None, None]).reshape(-1, 2)
    height = np.clip(feet[:, 1] * 0.45, 0.05 * size[1], None)
    width = height * np.tile(rng.uniform(0.35, 0.45, people), frames)
    boxes = np.stack([feet[:, 0] - width / 2, feet[:, 1] - height, width, height], 1)
    if clipped:
        low = boxes[:, :2].clip(0, scale)
        high = (boxes[:, :2] + boxes[:, 2:]).clip(0, scale)
        boxes = np.concatenate([low, high - low], 1)
    return boxes[(boxes[:, 2:] > 4).all(1)]


SIZES = st.sampled_from([(1920, 1080), (640, 480), (768, 576), (1080, 1920)])
SEEDS = st.integers(0, 10**6)


@bounded
@given(SEEDS, SIZES, st.booleans())
def test_boxes_as_they_should_be_are_not_suspected(seed, size, clipped):
    boxes = scene(seed, size, people=40, clipped=clipped)
    assert suspect_boxes(boxes, None) == []
    # Boxes drawn on beyond the border may be centres, if nobody is near the left and upper one.
    near = (boxes[:, :2] < 0.4 * boxes[:, 2:]).any(1).mean()
    assert near < 0.02 or not suspect_boxes(boxes, size)
    assert not (clipped and suspect_boxes(boxes, size))


@bounded
@given(SEEDS, SIZES)
def test_corners(seed, size):
    boxes = scene(seed, size)
    boxes[:, 2:] += boxes[:, :2]
    (sentence,) = suspect_boxes(boxes, size)
    assert 'they look like corners' in sentence
    assert 'width = right - left' in sentence


@bounded
@given(SEEDS, SIZES)
def test_centres_of_people_cut_off_at_the_border(seed, size):
    boxes = scene(seed, size, people=40)
    boxes[:, :2] += boxes[:, 2:] / 2
    (sentence,) = suspect_boxes(boxes, size)
    assert 'centres' in sentence


@bounded
@given(SEEDS, SIZES, st.booleans())
def test_parts_of_the_image(seed, size, centres):
    boxes = scene(seed, size) / np.tile(size, 2)
    if centres:
        boxes[:, :2] += boxes[:, 2:] / 2
    for known in (size, None):
        (suspicion,) = find_suspicions(boxes, known)
        assert suspicion.certain
        assert 'parts of the image (0 to 1). Multiply' in suspicion.message


@bounded
@given(SEEDS, SIZES, st.sampled_from([2.0, 3.0, 4.0]))
def test_boxes_of_larger_and_of_smaller_pictures(seed, size, factor):
    boxes = scene(seed, size, people=40)
    (larger,) = find_suspicions(boxes * factor, size)
    assert larger.certain
    assert 'pictures of another size' in larger.message
    smaller = find_suspicions(boxes / factor, size)
    # People may walk in a part of the image only: no more than a guess.
    assert [each.certain for each in smaller] == [False]
    assert 'smaller pictures' in smaller[0].message


@pytest.mark.parametrize('size', [None, (1920, 1080)])
def test_few_boxes_and_none(size):
    assert suspect_boxes(np.zeros((0, 4)), size) == []
    assert suspect_boxes(np.array([[100, 50, 300, 400]]), size) == []
    assert len(suspect_boxes(np.array([[0.1, 0.2, 0.05, 0.3]]), size)) == 1
    assert len(suspect_boxes(np.array([[100, 50, -30, -40.0]]), size)) == 1


def test_one_person_who_fills_the_image_is_no_corner():
    rng = np.random.default_rng(0)
    boxes = np.array([100, 50, 300, 400]) + rng.normal(0, 5, (200, 4))
    assert suspect_boxes(boxes, (640, 480)) == []


def test_what_is_not_finite_is_left_to_others():
    assert suspect_boxes(np.full((3, 4), np.nan), (64, 48)) == []
