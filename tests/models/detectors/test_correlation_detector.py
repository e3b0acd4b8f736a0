"""The network that remembers frames: its losses fall, and its tracks see what tasks see."""

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from mmdet.structures import DetDataSample

from mmmaml.apis.onnx_export import export_onnx, find_graph, onnx_differences
from mmmaml.models import CorrelationDetector
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.registry import MODELS

from ..one_shot import frame_sample, frame_tasks, one_shot_config

BOXES = [[10.0, 4.0, 21.0, 27.0], [30.0, 10.0, 41.0, 31.0], [2.0, 12.0, 9.0, 30.0]]


def correlation_detector(
    neck: dict[str, Any] | None = None, **options: Any
) -> CorrelationDetector:
    config = one_shot_config({'task_classifier': 'prototype'}, task_detection_loss=True)
    config['type'] = 'mmmaml.CorrelationDetector'
    config['neck'] = {
        'type': 'mmmaml.LocalCorrelation',
        'in_channels': 4,
        'radius': 1,
        'neck': config['neck'],
        **(neck or {}),
    }
    torch.manual_seed(0)
    model = MODELS.build({**config, **options})
    model.init_weights()
    return model


def with_context(model: CorrelationDetector) -> CorrelationDetector:
    """Let the context matter, which starts near nothing."""
    for part in (*(each[-1] for each in model.neck.surroundings), *model.neck.aligned):
        torch.nn.init.normal_(part.weight)
    return model.eval()


def at(frame_id: int | None) -> DetDataSample:
    return DetDataSample(metainfo={} if frame_id is None else {'frame_id': frame_id})


@torch.no_grad()
def maps_of(model: CorrelationDetector, frames: torch.Tensor, first: int = 0) -> torch.Tensor:
    """Maps of frames that come one by one."""
    found = [
        model._maps_in_video(frame[None], [at(first + number)])[0]
        for number, frame in enumerate(frames)
    ]
    return torch.cat(found)


def test_every_loss_of_a_memorised_task_falls_and_its_frames_are_decoded() -> None:
    model = correlation_detector().train()
    inputs, samples = frame_tasks(ways=3, support=2, query=1)
    inputs, samples = inputs[:1], samples[:1]
    boxes = samples[0].gt_instances
    stranger = torch.tensor([[40.0, 1, 47, 9]])
    boxes.bboxes = torch.cat([torch.tensor(BOXES).repeat(3, 1), stranger])
    centers = (boxes.bboxes[:9, :2] + boxes.bboxes[:9, 2:]) / 2
    samples[0].centers = centers.view(3, 3, 2).transpose(0, 1)
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    history = []
    for _ in range(60):
        losses = model.loss(inputs, samples)
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append({name: value.detach().item() for name, value in losses.items()})
    first, last = history[0], history[-1]
    for name in ('heatmap_focal', 'box_l1', 'offset_l1', 'correlation_ce', 'loss_plain'):
        assert last[name] < 0.5 * first[name], name
    assert last['loss_correlation'] < first['loss_correlation']
    model.eval().bbox_head.score_thr = 0.5
    for number, frame in enumerate(inputs[0]):
        [sample] = model.predict(frame[None], [at(number)])
        dets = sample.pred_instances
        expected = boxes.bboxes[boxes.frames == number]
        assert len(dets) == len(expected)
        order = dets.bboxes[:, 0].argsort()
        expected = expected[expected[:, 0].argsort()]
        assert (dets.bboxes[order] - expected).abs().max() < 3


def test_tracking_sees_the_maps_that_training_sees() -> None:
    model = with_context(correlation_detector())
    inputs, _ = frame_tasks(support=3, query=1)
    with torch.no_grad():
        expected = model._task_maps(inputs)[0].unflatten(0, (2, -1))
    torch.testing.assert_close(maps_of(model, inputs[0]), expected[0])
    # Frame 0 begins another video, of which nothing before is known.
    torch.testing.assert_close(maps_of(model, inputs[1]), expected[1])
    assert not torch.allclose(maps_of(model, inputs[1], first=4)[0], expected[1, 0])
    # So does one that does not come after the last frame.
    torch.testing.assert_close(maps_of(model, inputs[1], first=5), expected[1])
    # Frames of a batch are a video, too.
    with torch.no_grad():
        together = model._maps_in_video(inputs[0], [at(number) for number in range(4)])
    torch.testing.assert_close(together[0], expected[0])


def test_a_frame_without_number_is_alone_and_not_remembered() -> None:
    model = with_context(correlation_detector())
    inputs, _ = frame_tasks()
    maps_of(model, inputs[0])
    remembered = list(model.memory.maps)
    with torch.no_grad():
        alone = model._maps_in_video(inputs[1, :1], [at(None)])[0]
        torch.testing.assert_close(alone, model.extract_feat(inputs[1, :1])[0])
    assert all(a is b for a, b in zip(model.memory.maps, remembered, strict=True))
    assert len(remembered) == model.neck.memory
    with pytest.raises(ValueError, match=r'frame 3 has maps of .* begin another video'):
        maps_of(model, torch.zeros(1, 3, 32, 32), first=3)


def test_another_process_goes_on_and_another_video_has_its_own_memory() -> None:
    model = with_context(correlation_detector())
    inputs, _ = frame_tasks(support=3, query=1)
    expected = maps_of(model, inputs[0])
    maps_of(model, inputs[0, :3])
    other = model.of_another_video()
    assert other.memory.maps == []
    maps_of(other, inputs[1])
    file = io.BytesIO()
    torch.save(model.video_state(), file)
    file.seek(0)
    again = with_context(correlation_detector())
    again.load_state_dict(model.state_dict())
    again.load_video_state(torch.load(file, weights_only=True))
    for each in (model, again):
        torch.testing.assert_close(maps_of(each, inputs[0, 3:], first=3), expected[3:])
    with pytest.raises(ValueError, match='maps of 2 frames, and this network remembers 1'):
        correlation_detector({'memory': 1}).load_video_state(model.video_state())


@pytest.mark.parametrize('detection', [True, False])
def test_tasks_train_all_that_they_should(detection: bool) -> None:
    model = correlation_detector(task_detection_loss=detection).train()
    model.set_inner_loop(InnerLoopCfg(solver='closed_form'))
    losses = model.loss(*frame_tasks())
    assert {'loss_query', 'loss_correlation'} <= losses.keys()
    assert 'correlation_ce' in losses
    assert ('loss_det' in losses) == detection
    total, _ = model.parse_losses(losses)
    total.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    parts = (model.neck.embed, model.neck.aligned, model.correlation_weight)
    assert all(
        p.grad.any() for part in parts for n, p in part.named_parameters() if 'bias' not in n
    )


def test_frames_without_tasks_train_correlation_within_them() -> None:
    model = correlation_detector().train()
    inputs = torch.randn(2, 3, 32, 48, generator=torch.Generator().manual_seed(2))
    losses = model.loss(inputs, [frame_sample(BOXES, [3, -1, 5]), frame_sample([], [])])
    assert losses['correlation_ce'] > 0
    total, _ = model.parse_losses(losses)
    total.backward()
    assert model.neck.embed[0].weight.grad.any()
    nobody = model.loss(inputs, [frame_sample([], []), frame_sample([], [])])
    assert nobody['loss_correlation'] == 0


def test_an_inner_loop_over_the_network_runs() -> None:
    model = correlation_detector({'memory': 1}).train()
    model.set_inner_loop(InnerLoopCfg(0.1, adapt=r'bbox_head\.feature_conv'))
    losses = model.loss(*frame_tasks())
    assert losses['loss_query'].isfinite()


def test_what_remembers_is_not_exported_and_what_does_not_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='memory=0'):
        find_graph(correlation_detector())
    alone = with_context(correlation_detector({'memory': 0}))
    export_onnx(alone, tmp_path / 'net.onnx', (48, 32))
    differences = onnx_differences(alone, tmp_path / 'net.onnx', (48, 32))
    assert max(differences.values()) < 1e-4


def test_another_neck_is_refused() -> None:
    with pytest.raises(TypeError, match='got DLAUp: put it into it'):
        MODELS.build({**one_shot_config(), 'type': 'mmmaml.CorrelationDetector'})
