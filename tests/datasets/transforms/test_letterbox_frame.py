import cv2
import numpy as np
import pytest
from mmdet.datasets.transforms import PackTrackInputs
from mmengine.dataset import Compose

from mmmaml.datasets.transforms import LetterboxFrame
from mmmaml.datasets.transforms.letterbox_frame import letterbox_size
from mmmaml.registry import TRANSFORMS
from mmmaml.utils import register_all_modules


def frame(width, height, boxes=(), **extra):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return {
        'img': np.full((height, width, 3), 200, np.uint8),
        'gt_bboxes': boxes,
        'gt_bboxes_labels': np.zeros(len(boxes), int),
        'gt_instances_ids': np.arange(len(boxes)),
        'gt_ignore_flags': np.zeros(len(boxes), bool),
        **extra,
    }


@pytest.mark.parametrize(
    ('size', 'expected'),
    [
        ((1920, 1080), (0, 0, 3, 4)),  # 1081 x 608: the paper's input of MOT17
        ((640, 480), (0, 0, 138, 139)),
        ((100, 200), (0, 0, 392, 392)),
        ((1088, 608), (0, 0, 0, 0)),
        ((1088, 304), (152, 152, 0, 0)),
        ((1, 5000), (0, 0, 543, 544)),
    ],
)
def test_padding_by_hand(size, expected):
    results = LetterboxFrame(scale=(1088, 608))(frame(*size))
    top, bottom, left, right = results['pad_param']
    assert (top, bottom, left, right) == expected
    assert results['img'].shape == (608, 1088, 3)
    assert results['img_shape'] == (608, 1088)
    assert results['ori_shape'] == size[::-1]
    inside = np.zeros((608, 1088), bool)
    inside[int(top) : 608 - int(bottom), int(left) : 1088 - int(right)] = True
    assert (results['img'][inside] == 200).all()
    assert (results['img'][~inside] == 127).all()
    w, h = results['scale_factor']
    assert round(w * size[0]) == 1088 - left - right
    assert round(h * size[1]) == 608 - top - bottom


def test_boxes_go_where_their_pixels_go_and_come_back():
    results = frame(640, 360, [[100, 50, 140, 150], [600, 300, 700, 400]])
    results['img'][50:150, 100:140] = 0
    results = LetterboxFrame(scale=(320, 240))(results)
    np.testing.assert_allclose(results['gt_bboxes'][0], [50, 55, 70, 105])
    dark = cv2.boundingRect((results['img'].mean(2) < 60).astype(np.uint8))
    np.testing.assert_allclose(dark, [50, 55, 20, 50], atol=1)
    top, _, left, _ = results['pad_param']
    back = (results['gt_bboxes'] - [left, top, left, top]) / np.tile(results['scale_factor'], 2)
    np.testing.assert_allclose(back, [[100, 50, 140, 150]])
    assert results['gt_instances_ids'].tolist() == [0]  # the other's centre is at x = 650


def test_a_test_pipeline_has_no_boxes():
    register_all_modules(init_default_scope=False)
    pipeline = Compose(
        [
            TRANSFORMS.build(
                {
                    'type': 'TransformBroadcaster',
                    'transforms': [{'type': 'mmmaml.LetterboxFrame', 'scale': (64, 32)}],
                }
            ),
            PackTrackInputs(meta_keys=('pad_param',)),
        ]
    )
    image = np.zeros((16, 16, 3), np.uint8)
    packed = pipeline({'img': [image], 'img_id': [1], 'ori_shape': [(16, 16)]})
    assert packed['inputs'].shape == (1, 3, 32, 64)
    sample = packed['data_samples'][0]
    assert sample.pad_param.tolist() == [0, 0, 16, 16]
    assert sample.scale_factor == (2, 2)
    assert sample.ori_shape == (16, 16)


def test_no_frame_without_size():
    with pytest.raises(ValueError, match=r'scale=\(0, 5\) must be'):
        LetterboxFrame(scale=(0, 5))


def test_the_size_of_a_pipeline_wherever_it_letterboxes():
    letterbox = {'type': 'mmmaml.LetterboxFrame', 'scale': [320, 192]}
    assert letterbox_size([{'type': 'LoadFrame'}, letterbox]) == (320, 192)
    broadcast = {'type': 'TransformBroadcaster', 'transforms': [{'type': 'LoadFrame'}, letterbox]}
    assert letterbox_size([broadcast]) == (320, 192)
    assert letterbox_size([{'type': 'LoadFrame'}]) is None
    assert letterbox_size([{'type': 'LetterboxFrame'}]) == LetterboxFrame().scale
    assert letterbox_size([{'type': LetterboxFrame, 'scale': (64, 32)}]) == (64, 32)
