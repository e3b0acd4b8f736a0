"""Overlap of boxes as rows have them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mmmaml.utils.box_overlap import pairwise_iou, row_iou

boxes = st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 30)] * 2), max_size=6).map(
    lambda found: np.array(found, dtype=float).reshape(-1, 4)
)


@given(boxes, boxes)
def test_equals_that_of_corners(first: np.ndarray, second: np.ndarray):
    corners = [np.hstack([each[:, :2], each[:, :2] + each[:, 2:]]) for each in (first, second)]
    assert_allclose(row_iou(first, second), pairwise_iou(*corners), atol=1e-9)


def test_iou_by_hand_and_empty():
    first = np.array([[0.0, 0, 10, 10], [20, 20, 30, 40]])
    second = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [90, 90, 91, 91]])
    expected = [[1, 1 / 3, 0, 0], [0, 0, 0.5, 0]]
    assert_allclose(pairwise_iou(first, second), expected, atol=1e-9)
    assert pairwise_iou(first, second[:0]).shape == (2, 0)
    assert pairwise_iou(first[:0], second).shape == (0, 4)


def test_iou_agrees_with_motmetrics():
    distances = pytest.importorskip('motmetrics').distances
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 50, (30, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (30, 2))], axis=1)
    ltwh = np.concatenate([corner, boxes[:, 2:] - corner], axis=1)
    reference = distances.boxiou(ltwh[:12, None], ltwh[None, 12:])
    assert_allclose(pairwise_iou(boxes[:12], boxes[12:]), reference, atol=1e-9)


def test_boxes_of_whole_numbers_and_without_area():
    rows = np.array([[0, 0, 10, 10], [5, 5, 0, 0], [10, 0, -10, 10]])
    assert row_iou(rows, rows).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert rows.dtype == int
    assert rows[0].tolist() == [0, 0, 10, 10]
