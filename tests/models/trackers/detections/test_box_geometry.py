import numpy as np
import pytest

from mmmaml.models.trackers.detections.box_geometry import height_overlap, occlusion


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
