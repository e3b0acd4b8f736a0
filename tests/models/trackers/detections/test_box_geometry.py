import numpy as np
import pytest

from mmmaml.models.trackers.detections.box_geometry import (
    height_overlap,
    occlusion,
    pairwise_iou,
)


def test_iou_by_hand_and_empty():
    first = np.array([[0.0, 0, 10, 10], [20, 20, 30, 40]])
    second = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [90, 90, 91, 91]])
    expected = [[1, 1 / 3, 0, 0], [0, 0, 0.5, 0]]
    np.testing.assert_allclose(pairwise_iou(first, second), expected, atol=1e-9)
    assert pairwise_iou(first, second[:0]).shape == (2, 0)
    assert pairwise_iou(first[:0], second).shape == (0, 4)


def test_iou_agrees_with_motmetrics():
    distances = pytest.importorskip('motmetrics').distances
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 50, (30, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (30, 2))], axis=1)
    ltwh = np.concatenate([corner, boxes[:, 2:] - corner], axis=1)
    reference = distances.boxiou(ltwh[:12, None], ltwh[None, 12:])
    np.testing.assert_allclose(pairwise_iou(boxes[:12], boxes[12:]), reference, atol=1e-9)


def test_who_stands_behind_is_covered():
    back, front, aside = [0.0, 0, 10, 20], [5.0, 5, 15, 25], [100.0, 0, 110, 20]
    hidden = occlusion(np.array([back, front, aside]))
    np.testing.assert_allclose(hidden, [5 * 15 / 200, 0, 0])


def test_level_people_cover_each_other_and_the_worst_counts():
    boxes = np.array([[0.0, 0, 10, 20], [8, 0, 18, 20], [3, 0, 13, 20]])
    np.testing.assert_allclose(occlusion(boxes), [0.7, 0.5, 0.7])


@pytest.mark.parametrize('number', [0, 1])
def test_nobody_is_covered_alone(number):
    assert occlusion(np.tile([0.0, 0, 10, 20], (number, 1))).tolist() == [0.0] * number


def test_height_overlap_of_pairs():
    one = np.array([[0.0, 0, 10, 20], [0, 0, 10, 20], [0, 0, 10, 20]])
    other = np.array([[50.0, 0, 60, 20], [5, 10, 15, 30], [0, 40, 10, 60]])
    np.testing.assert_allclose(height_overlap(one, other), [1, 1 / 3, 0])
