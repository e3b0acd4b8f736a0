import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmmaml.apis.given_detector import GivenDetector, to_instances
from mmmaml.models import PublicDetector


@pytest.mark.parametrize('nobody', [np.zeros((0, 5)), np.zeros((0, 6)), [], torch.zeros(0, 5)])
def test_nobody_in_any_form(nobody) -> None:
    found = to_instances(nobody)
    assert found.bboxes.shape == (0, 4)
    assert found.scores.shape == found.labels.shape == (0,)
    assert found.labels.dtype == torch.int64


def test_other_shapes_are_refused() -> None:
    for wrong in (np.zeros(5), np.zeros((2, 4)), np.zeros((2, 7)), np.zeros((1, 2, 5))):
        with pytest.raises(ValueError, match=r'expected \(N, 5\) left, top, right'):
            to_instances(wrong)
    with pytest.raises(ValueError, match='detections lack scores, labels'):
        to_instances(InstanceData(bboxes=torch.zeros(2, 4)))


def test_instances_of_arrays_become_tensors() -> None:
    given = InstanceData(bboxes=np.ones((2, 4)), scores=np.ones(2), labels=np.array([0, 3]))
    found = to_instances(given)
    assert found.bboxes.shape == (2, 4)
    assert found.labels.tolist() == [0, 3]
    assert isinstance(given.bboxes, np.ndarray)  # the caller's own stay as they are
    with pytest.raises(ValueError, match='scores of detection 1 are not finite'):
        to_instances(InstanceData(**{**dict(given.items()), 'scores': np.array([1, np.nan])}))


def test_boxes_are_scaled_where_the_model_asks_for_it() -> None:
    detector = GivenDetector(PublicDetector())
    detector.given = to_instances(np.array([[2.0, 3, 4, 6, 0.5]]))
    for rescale, expected in ((True, [2, 3, 4, 6]), (False, [4, 9, 8, 18])):
        sample = DetDataSample(metainfo={'scale_factor': (2.0, 3.0)})
        (sample,) = detector.predict(torch.zeros(1, 3, 8, 8), [sample], rescale=rescale)
        assert sample.pred_instances.bboxes.tolist() == [expected]
    assert detector.given.bboxes.tolist() == [[2, 3, 4, 6]]


def test_a_file_is_read_under_the_options_of_the_detector(tmp_path) -> None:
    path = tmp_path / 'any.txt'
    path.write_text('1,-1,2,3,4,5,0.9\n1,-1,6,3,4,5,0.2\n2,-1,0,0,1,1,0.8\n')
    detector = GivenDetector(PublicDetector(score_thr=0.5))
    assert detector.needs_files
    assert detector.score_thr == 0.5  # what it lacks is the detector's
    detector.read_from('video', str(path))
    sample = DetDataSample(metainfo={'img_path': 'video/img1/000001.jpg'})
    (sample,) = detector.predict(torch.zeros(1, 3, 8, 8), [sample])
    assert sample.pred_instances.bboxes.tolist() == [[2, 3, 6, 8]]
    with pytest.raises(AttributeError, match='nothing'):
        _ = detector.nothing
