import numpy as np
import pytest
import torch

from mmmaml.models.trackers.detections.detections import DetectionOptions, Detections
from mmmaml.models.trackers.detections.frame_input import check_detections, take_rows
from mmmaml.models.trackers.motion.box_models import BOX_MODELS

from ..stories import box

MODEL = BOX_MODELS['cxcywh']
OPTIONS = DetectionOptions(classes=[0, 2], score_thr=0.5, low_score_thr=0.2, init_score_thr=0.7)


def test_scores_and_classes_say_what_a_detection_may_do():
    boxes = np.array([box(100 * i) for i in range(6)] + [[5.0, 5, 5, 50]])
    scores = np.array([0.7, 0.5, 0.2, 0.1, 0.9, 0.9, 0.9])
    labels = np.array([0, 2, 0, 0, 1, 2, 0])
    made = Detections.select(boxes, scores, labels, OPTIONS, MODEL)
    assert made.rows.tolist() == [0, 1, 2, 3, 5]  # not of class 1, not without area
    assert made.starts.tolist() == [True, False, False, False, True]
    assert made.high.tolist() == [True, True, False, False, True]
    assert made.low.tolist() == [False, False, True, False, False]
    np.testing.assert_array_equal(made.measured, MODEL.measure(boxes[made.rows]))


@pytest.mark.parametrize(('max_occlusion', 'clear'), [(0.25, True), (0.24, False)])
def test_those_hidden_too_far_are_no_clear_view_and_trusted_less(max_occlusion, clear):
    options = DetectionOptions(max_occlusion=max_occlusion)
    boxes = np.array([box(50), box(70, 250)])  # half the width, half the height
    made = Detections.select(boxes, np.array([0.8, 0.6]), np.zeros(2, int), options, MODEL)
    np.testing.assert_allclose(made.occlusion, [0.25, 0])
    assert made.clear.tolist() == [clear, True]
    np.testing.assert_allclose(made.trust(np.array([0, 1])), [0.8 * 0.75, 0.6])


def test_weak_boxes_hide_nobody():
    boxes = np.array([box(50), box(50, 210)])
    made = Detections.select(boxes, np.array([0.9, 0.3]), np.zeros(2, int), OPTIONS, MODEL)
    assert made.occlusion.tolist() == [0, 0]


def test_features_follow_the_usable_detections():
    boxes = torch.tensor([box(0), [5.0, 5, 5, 50], box(100)])
    feats = torch.arange(6.0).view(3, 2)
    made, own = check_detections(boxes, torch.ones(3), torch.zeros(3), feats, OPTIONS, MODEL)
    assert made.rows.tolist() == [0, 2]
    assert torch.equal(own, feats[[0, 2]])
    assert take_rows(own, np.array([1])).tolist() == [[4, 5]]
    assert take_rows(own, np.array([0, 1])) is own
    assert check_detections(boxes, torch.ones(3), torch.zeros(3), None, OPTIONS, MODEL)[1] is None
