"""Regions from the predictions of YOLOX."""

import math

import pytest
import torch
from mmdet.models.dense_heads import YOLOXHead
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models.mot.yolox_regions import all_predictions, boxes_at, likeliest
from mmmaml.utils import register_all_modules

register_all_modules(init_default_scope=False)

SIZES, STRIDES = [(4, 6), (2, 3)], [4, 8]


@pytest.fixture(scope='module')
def outputs() -> list[list[Tensor]]:
    """Class scores, box deltas and objectness of two frames of 24x16 pixels at two strides."""
    gen = torch.Generator().manual_seed(0)
    return [
        [torch.randn(2, channels, *size, generator=gen) for size in SIZES]
        for channels in (1, 4, 1)
    ]


@pytest.fixture(scope='module')
def predictions(outputs: list[list[Tensor]]) -> list[InstanceData]:
    loss = {'type': 'mmdet.CrossEntropyLoss', 'use_sigmoid': True}
    head = YOLOXHead(
        1,
        4,
        feat_channels=4,
        strides=STRIDES,
        loss_cls=loss,
        loss_obj=loss,
        loss_bbox={'type': 'mmdet.IoULoss'},
        loss_l1={'type': 'mmdet.L1Loss'},
    )
    return all_predictions(head, outputs, (16, 24))


def test_every_cell_predicts_a_box_within_the_frame(outputs, predictions) -> None:
    for frame, found in enumerate(predictions):
        assert len(found) == 30
        cells = [
            (level, y, x)
            for level, (height, width) in enumerate(SIZES)
            for y in range(height)
            for x in range(width)
        ]
        for number, (level, y, x) in enumerate(cells):
            score, delta, sure = (part[level][frame, :, y, x].tolist() for part in outputs)
            stride = STRIDES[level]
            cx, cy = (x + delta[0]) * stride, (y + delta[1]) * stride
            width, height = math.exp(delta[2]) * stride, math.exp(delta[3]) * stride
            box = [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]
            box = [min(max(0, each), (24, 16)[i % 2]) for i, each in enumerate(box)]
            assert found.bboxes[number].tolist() == pytest.approx(box, abs=1e-4)
            product = 1 / (1 + math.exp(-score[0])) / (1 + math.exp(-sure[0]))
            assert float(found.scores[number]) == pytest.approx(product, abs=1e-6)


def some(boxes: list[list[float]], scores: list[float]) -> InstanceData:
    return InstanceData(bboxes=torch.tensor(boxes), scores=torch.tensor(scores))


def test_the_likeliest_boxes_with_an_area_are_regions() -> None:
    boxes = [[0.0, 0, 2, 2], [0, 0, 2, 3], [5, 5, 5, 9], [0, 0, 4, 4]]
    found = some(boxes, [0.2, 0.4, 0.9, 0.3])
    assert likeliest(found, 2).tolist() == [boxes[1], boxes[3]]
    assert likeliest(found, 9).tolist() == [boxes[1], boxes[3], boxes[0]]
    assert likeliest(found[[2]], 9).shape == (0, 4)


def test_all_boxes_of_one_person_are_regions() -> None:
    """No suppression: that the same person is seen many times makes the contrast dense."""
    boxes = torch.tensor([[10.0, 10, 20, 40]]).repeat(5, 1) + torch.arange(5)[:, None] / 10
    assert len(likeliest(some(boxes.tolist(), [0.9] * 5), 5)) == 5


def test_points_get_the_box_of_their_cell_at_the_surest_level(predictions) -> None:
    found = predictions[0]
    points = torch.tensor([[0.0, 0.0], [23.9, 15.9], [9.0, 5.0], [8.0, 12.0]])
    boxes = boxes_at(found, points, SIZES, STRIDES)
    for (x, y), box in zip(points.tolist(), boxes, strict=True):
        fine = int(y // 4) * 6 + int(x // 4)
        coarse = 24 + int(y // 8) * 3 + int(x // 8)
        best = max(fine, coarse, key=lambda cell: float(found.scores[cell]))
        assert box.tolist() == found.bboxes[best].tolist()
    assert boxes_at(found, points[:0], SIZES, STRIDES).shape == (0, 4)
