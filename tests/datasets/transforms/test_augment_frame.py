"""Augmented frames show, at the centre of every box, the colour of its identity."""

import copy

import cv2
import numpy as np
import pytest
from mmdet.datasets.transforms import RandomFlip
from mmengine.dataset import Compose

from mmmaml.datasets.transforms import (
    AffineFrame,
    FlipFrame,
    LetterboxFrame,
    PackFrame,
    ShiftFrameHSV,
)

COLOURS = np.array([(b, g, r) for b in (0, 120, 240) for g in (0, 120, 240) for r in (60, 220)])


def crowd(seed=0):
    """18 people in their colours on white, every third without identity."""
    corners = np.array([(40 + 70 * (i % 9), 30 + 160 * (i // 9)) for i in range(18)], np.float32)
    boxes = np.concatenate([corners, corners + np.float32([40, 110])], 1)
    image = np.full((360, 680, 3), 255, np.uint8)
    for (x1, y1, x2, y2), colour in zip(boxes.astype(int), COLOURS, strict=True):
        image[y1:y2, x1:x2] = colour
    ids = np.arange(18)
    ids[::3] = -1
    return {
        'img': image,
        'gt_bboxes': boxes,
        'gt_bboxes_labels': np.arange(18),  # stands for what is to be found again
        'gt_instances_ids': ids,
        'gt_ignore_flags': np.zeros(18, bool),
        'rng': np.random.default_rng(seed),
    }


def check(results):
    """Of each box, identity and label belong to the colour in its middle."""
    centers = (results['gt_bboxes'][:, :2] + results['gt_bboxes'][:, 2:]) / 2
    height, width = results['img'].shape[:2]
    assert ((centers >= 0) & (centers < (width, height))).all()
    x, y = np.clip(centers.astype(int), 2, (width - 3, height - 3)).T
    shown = results['img'][y, x].astype(int)
    found = np.abs(shown[:, None] - COLOURS).sum(-1).argmin(1)
    assert found.tolist() == results['gt_bboxes_labels'].tolist()
    expected = np.where(found % 3 == 0, -1, found)
    assert results['gt_instances_ids'].tolist() == expected.tolist()
    assert len(results['gt_ignore_flags']) == len(found)
    return len(found)


@pytest.mark.parametrize('seed', range(12))
def test_identities_survive_all_together(seed):
    pipeline = Compose([LetterboxFrame((544, 304)), AffineFrame(), FlipFrame()])
    results = pipeline(crowd(seed))
    assert check(results) >= 6
    packed = PackFrame()(results)
    boxes = packed['data_samples'].gt_instances
    assert packed['inputs'].shape == (3, 304, 544)
    np.testing.assert_array_equal(boxes.instances_ids, results['gt_instances_ids'])
    np.testing.assert_array_equal(boxes.bboxes, results['gt_bboxes'])


def test_corners_by_opencv():
    transform, before = AffineFrame(rotation=30, shear=10, translation=0.3), crowd(3)
    draws = np.random.default_rng(3)
    draws.random()  # whether to move at all
    matrix = transform.matrix(draws, 680, 360)
    boxes = before['gt_bboxes']
    corners = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]].astype(np.float64)
    moved = cv2.perspectiveTransform(corners, matrix)
    hull = np.concatenate([moved.min(1), moved.max(1)], 1)
    center = moved.mean(1)
    inside = ((center >= 0) & (center < (680, 360))).all(1)
    after = transform(before)
    assert 0 < inside.sum() < 18
    np.testing.assert_allclose(after['gt_bboxes'], hull[inside], atol=1e-3)
    assert after['gt_bboxes_labels'].tolist() == np.flatnonzero(inside).tolist()
    check(after)


def test_matrix_by_hand():
    class Draws:
        """Each time the greatest value, as a fraction of the range."""

        def uniform(self, low, high, size=None):
            return high if size is None else np.full(size, high)

    matrix = AffineFrame(rotation=90, scale=(0.5, 0.5), shear=0, translation=0.1).matrix(
        Draws(), 200, 100
    )
    # A quarter turn about (100, 50), half the size, 20 to the right and 10 down.
    np.testing.assert_allclose(matrix @ [100, 50, 1], [120, 60, 1], atol=1e-9)
    np.testing.assert_allclose(matrix @ [110, 50, 1], [120, 55, 1], atol=1e-9)
    sheared = AffineFrame(rotation=0, scale=(1, 1), shear=40, translation=0).matrix(Draws(), 2, 2)
    np.testing.assert_allclose(sheared[0, 1], np.tan(np.deg2rad(40)))


def test_a_flip_is_that_of_mmdet():
    ours, theirs = (
        FlipFrame(prob=1)(crowd()),
        RandomFlip(prob=1.0)({**crowd(), 'img_shape': (360, 680)}),
    )
    np.testing.assert_array_equal(ours['img'], theirs['img'])
    np.testing.assert_allclose(ours['gt_bboxes'], theirs['gt_bboxes'])
    assert ours['gt_instances_ids'].tolist() == crowd()['gt_instances_ids'].tolist()
    check(ours)


@pytest.mark.parametrize('per_task', [True, False])
def test_frames_of_a_task_move_alike_if_they_shall(per_task):
    pipeline = Compose([AffineFrame(per_task=per_task), FlipFrame(per_task=per_task)])
    moved = [
        pipeline({**crowd(image), 'task_rng': np.random.default_rng(7)})['gt_bboxes']
        for image in range(3)
    ]
    alike = [np.array_equal(moved[0], other) for other in moved[1:]]
    assert alike == [per_task, per_task]


def test_frames_are_left_alone_with_probability():
    before = crowd()
    for transform in (AffineFrame(prob=0), FlipFrame(prob=0), ShiftFrameHSV(0, 0)):
        after = transform(copy.deepcopy(before))
        np.testing.assert_array_equal(after['gt_bboxes'], before['gt_bboxes'])
    unmoved = AffineFrame(rotation=0, scale=(1, 1), shear=0, translation=0)(crowd())
    np.testing.assert_array_equal(unmoved['img'], before['img'])
    np.testing.assert_allclose(unmoved['gt_bboxes'], before['gt_bboxes'])


@pytest.mark.parametrize('transform', [AffineFrame(), FlipFrame(), ShiftFrameHSV()])
def test_draws_are_those_of_the_item(transform):
    first, again, other = (transform(crowd(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first['img'], again['img'])
    np.testing.assert_array_equal(first['gt_bboxes'], again['gt_bboxes'])
    assert transform(other)['img'].shape == first['img'].shape


@pytest.mark.parametrize('transform', [LetterboxFrame((64, 32)), AffineFrame(), FlipFrame(1.0)])
def test_a_frame_without_boxes(transform):
    results = crowd()
    for key in list(results):
        if key.startswith('gt_'):
            results[key] = results[key][:0]
    results = transform(results)
    assert results['gt_bboxes'].shape == (0, 4)
    packed = PackFrame()(results)['data_samples'].gt_instances
    assert packed.bboxes.shape == (0, 4)
    assert len(packed.instances_ids) == len(packed.labels) == 0


def test_saturation_and_value_are_scaled():
    """Of a colour whose saturation and value lie far from the ends."""
    image = np.full((2, 2, 3), (100, 80, 60), np.uint8)  # saturation 0.4, value 100

    class Draws:
        def uniform(self, low, high):
            return np.array([0.5, -0.5])

    shifted = ShiftFrameHSV()({'img': image, 'rng': Draws()})['img'][0, 0]
    # Saturation 0.6 and value 50: the least channel is 50 · (1 − 0.6) = 20, hue stays half-way.
    np.testing.assert_allclose(shifted, [50, 35, 20], atol=1)


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: AffineFrame(prob=2), 'prob=2'),
        (lambda: AffineFrame(scale=(0, 1)), r'scale=\(0, 1\)'),
        (lambda: AffineFrame(shear=50), 'shear=50'),
        (lambda: ShiftFrameHSV(value=1.5), 'each 0 to 1'),
        (lambda: FlipFrame(prob=-1), 'prob=-1'),
    ],
)
def test_arguments_out_of_range(build, message):
    with pytest.raises(ValueError, match=message):
        build()
