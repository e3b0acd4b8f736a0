"""The counting head: its losses by hand, a memorised frame, the number of people it says."""

import math

import pytest
import torch
from mmdet.structures import DetDataSample
from torch.nn import functional as F

from mmmaml.models import CountingHead, OneShotDetector
from mmmaml.models.dense_heads.density_maps import (
    people_map,
    spread,
    structural_similarity,
    window_counts,
)
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.registry import MODELS

from ..one_shot import frame_sample, frame_tasks, one_shot_config

BOXES = [[10.0, 4.0, 21.0, 27.0], [30.0, 10.0, 41.0, 31.0], [2.0, 12.0, 9.0, 30.0]]


def counting_detector(**options: object) -> OneShotDetector:
    config = one_shot_config({'task_classifier': 'prototype'}, task_detection_loss=True)
    config['bbox_head'] |= {'type': 'mmmaml.CountingHead', 'window': 5, **options}
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    return model


def frames() -> tuple[torch.Tensor, list[DetDataSample]]:
    inputs = torch.randn(2, 3, 32, 48, generator=torch.Generator().manual_seed(2))
    return inputs, [frame_sample(BOXES, [3, -1, 5]), frame_sample([BOXES[0], BOXES[0]], [4, 2])]


def test_the_losses_of_counting_by_hand() -> None:
    model = counting_detector(count_score_thr=0.05).eval()
    head = model.bbox_head
    inputs, samples = frames()
    losses = model.loss(inputs, samples)
    maps = model.extract_feat(inputs)
    density, heatmap = head.density(maps), head.detect(maps).heatmap
    points = torch.zeros(2, 1, 8, 12)
    for image, sample in enumerate(samples):
        for x1, y1, x2, y2 in sample.gt_instances.bboxes.tolist():
            points[image, 0, math.floor((y1 + y2) / 8), math.floor((x1 + x2) / 8)] += 1
    assert points.max() == 2  # two people in a cell are two
    truth = spread(points, 2.0)
    detected = people_map(heatmap, 0.05)
    scattered = spread(detected, 2.0)
    assert detected.sum() > 0
    mse, number = F.mse_loss, torch.tensor([3.0, 2.0])
    agreement = mse(window_counts(scattered, 5), window_counts(density, 5))
    agreement += 0.01 * mse(detected.sum((1, 2, 3)), number)
    back = mse(100 * density, 100 * scattered) + 0.01 * mse(density.sum((1, 2, 3)), number)
    peak = 100 * spread(torch.eye(61)[30].outer(torch.eye(61)[30])[None, None], 2.0).max()
    similarity = structural_similarity(100 * density, 100 * truth, peak.item())
    expected = {
        'count_agreement': agreement,
        'density_mse': mse(100 * density, 100 * truth),
        'density_ssim': 1 - similarity,
        'density_agreement': back,
    }
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value.detach(), rtol=1e-5, atol=1e-6)
    counting = sum(value for name, value in expected.items() if name != 'count_agreement')
    boxes = losses['heatmap_focal'] + losses['box_l1'] + losses['offset_l1'] + agreement
    torch.testing.assert_close(losses['loss_count'], 0.5 * math.exp(1.05) * counting)
    torch.testing.assert_close(losses['loss_det'], 0.5 * math.exp(1.85) * boxes)
    assert losses['loss_weights'].item() == pytest.approx(-0.5 * (1.85 + 1.05 + 1.05))


def test_either_side_is_held_while_the_other_follows() -> None:
    model = counting_detector(count_score_thr=0.05)
    head = model.bbox_head
    inputs, samples = frames()
    maps = model.extract_feat(inputs)
    instances = [sample.gt_instances for sample in samples]
    targets = head.encode(
        maps,
        torch.cat([each.bboxes for each in instances]),
        torch.tensor([0, 0, 0, 1, 1]),
        torch.cat([each.instances_ids for each in instances]),
    )
    losses = head.detection_losses(maps, targets)
    density, heatmap = head.density_branch[2].weight, head.heatmap_branch[2].weight
    for name, moved, held in (
        ('count_agreement', heatmap, density),
        ('density_agreement', density, heatmap),
    ):
        grads = torch.autograd.grad(
            losses[name], [moved, held], retain_graph=True, allow_unused=True
        )
        assert grads[0].any()
        assert grads[1] is None or not grads[1].any()


def test_every_loss_falls_and_a_memorised_frame_is_decoded_and_counted() -> None:
    model = counting_detector().train()
    inputs, samples = frames()
    inputs, samples = inputs[:1], samples[:1]
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    history = []
    for _ in range(120):
        losses = model.loss(inputs, samples)
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append({name: value.detach().item() for name, value in losses.items()})
    first, last = history[0], history[-1]
    for name in ('heatmap_focal', 'box_l1', 'offset_l1', 'density_mse', 'density_ssim', 'id_ce'):
        assert last[name] < 0.5 * first[name], name
    model.eval().bbox_head.score_thr = 0.5
    [sample] = model.predict(inputs, [DetDataSample()])
    dets = sample.pred_instances
    order = dets.bboxes[:, 0].argsort()
    expected = torch.tensor(BOXES)
    expected = expected[expected[:, 0].argsort()]
    assert (dets.bboxes[order] - expected).abs().max() < 3
    assert sample.crowd_count == pytest.approx(3, abs=0.4)


def test_tasks_of_frames_train_counting_too() -> None:
    model = counting_detector().train()
    model.set_inner_loop(InnerLoopCfg(solver='closed_form'))
    losses = model.loss(*frame_tasks())
    assert {'loss_query', 'loss_count', 'loss_det', 'loss_weights'} <= losses.keys()
    total, _ = model.parse_losses(losses)
    total.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert model.bbox_head.density_branch[0].weight.grad.any()


def test_nobody_is_counted_in_the_padding() -> None:
    head = counting_detector().bbox_head
    density = torch.ones(8, 12)
    assert head._count(density, {}) == 96
    meta = {'pad_param': (4, 8, 0, 12)}  # top, bottom, left, right in pixels; a cell has 4
    assert head._count(density, meta) == 5 * 9


def test_an_even_window_is_refused() -> None:
    with pytest.raises(ValueError, match='window=4 must be odd'):
        CountingHead(4, {'in_channels': 4}, window=4)
