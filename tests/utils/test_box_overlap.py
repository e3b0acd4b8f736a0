"""Overlap of boxes as rows have them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mmmaml.models.trackers.detections.box_geometry import pairwise_iou
from mmmaml.utils.box_overlap import row_iou

boxes = st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 30)] * 2), max_size=6).map(
    lambda found: np.array(found, dtype=float).reshape(-1, 4)
)


@given(boxes, boxes)
def test_equals_that_of_corners(first: np.ndarray, second: np.ndarray):
    corners = [np.hstack([each[:, :2], each[:, :2] + each[:, 2:]]) for each in (first, second)]
    assert_allclose(row_iou(first, second), pairwise_iou(*corners), atol=1e-9)
