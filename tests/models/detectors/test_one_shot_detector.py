"""The one-shot network: its losses, its gradients, what it predicts."""

import copy
import math
from pathlib import Path

import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox_overlaps
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mmmaml.meta import cosine_scale
from mmmaml.models import OneShotDetector
from mmmaml.models.dense_heads.center_decoding import gather_cells
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.registry import MODELS

from ..one_shot import IDENTITIES, frame_sample, frame_tasks, one_shot_config, small_detector

CONFIGS = Path(__file__).parents[3] / 'configs/_base_/models'
BOXES = [[10.0, 4.0, 21.0, 27.0], [30.0, 10.0, 41.0, 31.0], [2.0, 12.0, 9.0, 30.0]]
GRADIENT = InnerLoopCfg(0.3)
CLOSED_FORM = InnerLoopCfg(solver='closed_form')
PROTOTYPES = {'task_classifier': 'prototype'}


def frames(*ids: list[int]) -> tuple[Tensor, list[DetDataSample]]:
    """Images with the boxes above, as many as there are ids for."""
    gen = torch.Generator().manual_seed(2)
    inputs = torch.randn(len(ids), 3, 32, 48, generator=gen)
    return inputs, [frame_sample(BOXES[: len(each)], each) for each in ids]


def reached(model: OneShotDetector, losses: dict[str, Tensor]) -> set[str]:
    """Names of the parameters that gradients of the loss reach; all take part in the graph."""
    model.zero_grad()
    total, _ = model.parse_losses(losses)
    assert torch.isfinite(total)
    total.backward()
    named = dict(model.named_parameters())
    assert [n for n, p in named.items() if p.grad is None or not p.grad.isfinite().all()] == []
    return {name for name, parameter in named.items() if parameter.grad.any()}


def names(model: OneShotDetector, *starts: str) -> set[str]:
    return {name for name, _ in model.named_parameters() if name.startswith(starts)}


IDENTIFYING = ('backbone', 'neck', 'bbox_head.feature_conv', 'bbox_head.reid')


# ---- joint training on frames


def test_the_loss_of_frames_box_by_box() -> None:
    """Every term from dense maps, one box at a time."""
    model = small_detector().double().eval()
    inputs, samples = frames([3, -1, 5], [4])
    inputs = inputs.double()
    losses = model.loss(inputs, samples)
    heatmap, boxes, offsets, feats = model(inputs, mode='tensor')
    ltrb, places, logits, labels = [], [], [], []
    positive = torch.zeros(2, 8, 12, dtype=torch.bool)
    for image, sample in enumerate(samples):
        truth = sample.gt_instances
        for (x1, y1, x2, y2), identity in zip(
            truth.bboxes.tolist(), truth.instances_ids.tolist(), strict=True
        ):
            cx, cy = (x1 + x2) / 8, (y1 + y2) / 8
            x, y = math.floor(cx), math.floor(cy)
            positive[image, y, x] = True
            want = torch.tensor([cx - x1 / 4, cy - y1 / 4, x2 / 4 - cx, y2 / 4 - cy])
            ltrb.append((boxes[image, :, y, x] - want).abs().mean())
            places.append((offsets[image, :, y, x] - torch.tensor([cx - x, cy - y])).abs().mean())
            if identity >= 0:
                embed = model.reid_head(feats[image, :, y, x][None])
                cosines = F.cosine_similarity(embed, model.reid_head.classifier)
                logits.append(cosine_scale(IDENTITIES) * cosines)
                labels.append(identity)
    # The heatmap itself is tested with the targets; here is how its cells are weighed.
    shapes = [len(s.gt_instances) for s in samples]
    target = model.bbox_head.encode(
        model.extract_feat(inputs),
        torch.cat([s.gt_instances.bboxes for s in samples]),
        torch.arange(2).repeat_interleave(torch.tensor(shapes)),
        torch.zeros(4).long(),
    ).heatmap[:, 0]
    assert torch.equal(target == 1, positive)
    p = heatmap[:, 0].double()
    focal = torch.where(positive, -p.log() * (1 - p) ** 2, 0)
    focal = focal - torch.where(positive, 0, (1 - p).log() * p**2 * (1 - target) ** 4)
    detection = focal.sum() / 4 + 0.1 * sum(ltrb) / 4 + sum(places) / 4
    identity = F.cross_entropy(torch.stack(logits), torch.tensor(labels))
    expected = 0.5 * (math.exp(1.85) * detection + math.exp(1.05) * identity - 1.85 - 1.05)
    total, _ = model.parse_losses(losses)
    torch.testing.assert_close(total, expected.to(total), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(losses['id_ce'], identity, rtol=1e-5, atol=1e-5)


def test_joint_training_reaches_every_parameter() -> None:
    model = small_detector().train()
    assert reached(model, model.loss(*frames([3, -1, 5], [4]))) == names(model, '')


@pytest.mark.parametrize(
    ('ids', 'identified'),
    [
        (([], []), False),  # nobody in any frame
        (([-1, -1], [-1]), False),  # people of datasets without identities
        (([], [3]), True),
        (([0], [1, 2]), True),  # no identity repeats
    ],
)
def test_frames_without_people_or_identities(ids: tuple, identified: bool) -> None:
    model = small_detector({'learn_inner_lr': True}).train()
    losses = model.loss(*frames(*ids))
    got = reached(model, losses)
    idle = {'bbox_head.reid.log_inner_lr'}
    if not identified:
        assert losses['id_ce'] == 0
        idle |= names(model, 'bbox_head.reid', 'bbox_head.feature', 'bbox_head.weights.ident')
    if not any(ids):
        idle |= names(model, 'bbox_head.box', 'bbox_head.offset')
        assert losses['box_l1'] == losses['offset_l1'] == 0
        assert losses['heatmap_focal'] > 0
    assert got == names(model, '') - idle


def test_a_dataset_without_any_identity_trains_detection() -> None:
    model = small_detector({'num_classes': 0}).train()
    assert 'bbox_head.box_branch.2.weight' in reached(model, model.loss(*frames([-1, -1], [])))


# ---- meta-training on tasks


@pytest.mark.parametrize(
    ('inner_loop', 'reid'),
    [(None, {}), (GRADIENT, {}), (GRADIENT, PROTOTYPES), (CLOSED_FORM, PROTOTYPES)],
    ids=['plain', 'gradient', 'prototypes', 'closed form'],
)
def test_stage_one_trains_what_identifies(inner_loop: InnerLoopCfg | None, reid: dict) -> None:
    model = small_detector({'learn_inner_lr': True, **reid}).train()
    model.set_inner_loop(inner_loop)
    losses = model.loss(*frame_tasks())
    with_rate = inner_loop is not None and inner_loop.solver == 'gradient'
    idle = set() if with_rate else {'bbox_head.reid.log_inner_lr'}
    assert reached(model, losses) == names(model, *IDENTIFYING) - idle
    assert ('loss_query' in losses) == (inner_loop is not None)


def test_stage_one_with_detection_trains_all() -> None:
    model = small_detector(task_detection_loss=True).train()
    model.set_inner_loop(GRADIENT)
    inputs, samples = frame_tasks()
    losses = model.loss(inputs, samples)
    assert reached(model, losses) == names(model, '')
    # The same frames, one by one, as a detector sees them.
    for sample in samples:
        sample.set_metainfo({'img_shape': (32, 48)})
    single = [frame for sample in samples for frame in sample.frame_samples()]
    apart = model.loss(inputs.flatten(0, 1), single)
    for name in ('loss_det', 'heatmap_focal', 'box_l1', 'offset_l1'):
        torch.testing.assert_close(losses[name], apart[name], rtol=1e-4, atol=1e-4)
    alone = copy.deepcopy(model)
    alone.task_detection_loss = False
    weight = 0.5 * math.exp(1.05)
    for name, value in alone.loss(inputs, samples).items():
        factor = weight if 'loss' in name else 1.0
        torch.testing.assert_close(losses[name], factor * value, rtol=1e-4, atol=1e-4)


def test_features_of_tasks_are_those_at_the_centres() -> None:
    model = small_detector().eval()
    inputs, samples = frame_tasks()
    centers = torch.stack([sample.centers for sample in samples])
    feats = model.extract_task_feats(inputs, centers)
    assert feats.shape == (2, 3, 3, 6)
    for task in range(2):
        maps = model(inputs[task], mode='tensor')[3]
        for way in range(3):
            for frame in range(3):
                x, y = (centers[task, way, frame] / 4).floor().long().tolist()
                torch.testing.assert_close(feats[task, way, frame], maps[frame, :, y, x])


@pytest.mark.parametrize(
    ('classifier', 'cfg'),
    [
        ('global', None),
        ('global', GRADIENT),
        ('restricted', GRADIENT),
        ('prototype', GRADIENT),
        ('prototype', CLOSED_FORM),
    ],
)
def test_ways_that_are_not_there_change_nothing(classifier: str, cfg: InnerLoopCfg | None) -> None:
    inputs, samples = frame_tasks()
    outcomes = []
    for padded in (False, True):
        model = small_detector({'task_classifier': classifier}).double().train()
        model.set_inner_loop(cfg)
        for sample in samples if padded else []:
            sample.labels = torch.cat([sample.labels, torch.tensor([-1, -1])])
            nowhere = torch.tensor([[[-40.0, torch.nan]], [[1e6, 3.0]]]).expand(2, 3, 2)
            sample.centers = torch.cat([sample.centers, nowhere])
        losses = model.loss(inputs.double(), samples)
        model.parse_losses(losses)[0].backward()
        grads = {n: p.grad.clone() for n, p in model.named_parameters()}
        outcomes.append({**losses, **grads, **dict(model.named_buffers())})
    for name, value in outcomes[0].items():
        torch.testing.assert_close(outcomes[1][name], value, rtol=1e-9, atol=1e-9, msg=name)


@pytest.mark.parametrize('cfg', [None, GRADIENT, CLOSED_FORM], ids=['plain', 'step', 'solved'])
def test_tasks_without_anybody(cfg: InnerLoopCfg | None) -> None:
    model = small_detector(PROTOTYPES, task_detection_loss=True).train()
    model.set_inner_loop(cfg)
    inputs, samples = frame_tasks()
    for sample in samples:
        sample.labels = torch.full_like(sample.labels, -1)
    got = reached(model, model.loss(inputs, samples))
    assert not got & names(model, 'bbox_head.reid', 'bbox_head.feature', 'bbox_head.weights.ident')
    assert got >= names(model, 'bbox_head.heatmap', 'bbox_head.weights.detection')
    samples[1].labels = torch.tensor([3, -1, -1])  # one person in one of the tasks
    reached(model, model.loss(inputs, samples))


def test_kernel_form_equals_torch_func_on_the_last_layer() -> None:
    kernel = small_detector(PROTOTYPES).double().eval()
    general = copy.deepcopy(kernel)
    kernel.set_inner_loop(InnerLoopCfg(0.3, 2))
    general.set_inner_loop(InnerLoopCfg(0.3, 2, adapt=r'bbox_head\.reid\.embed'))
    inputs, samples = frame_tasks()
    outcomes = [model.loss(inputs.double(), samples) for model in (kernel, general)]
    for name, value in outcomes[0].items():
        torch.testing.assert_close(outcomes[1][name], value, rtol=0, atol=1e-9)


def test_other_layers_adapt_on_request() -> None:
    model = small_detector(PROTOTYPES).train()
    model.set_inner_loop(InnerLoopCfg(0.3, adapt=r'bbox_head\.feature_conv'))
    losses = model.loss(*frame_tasks())
    assert losses['query_ce_adapted'] != losses['query_ce']
    assert names(model, *IDENTIFYING) - reached(model, losses) <= {'bbox_head.reid.embed.bias'}
    with pytest.raises(ValueError, match="no parameter matches 'head'"):
        model.set_inner_loop(InnerLoopCfg(0.3, adapt='head'))


def test_tasks_of_crops_are_refused() -> None:
    model = small_detector()
    inputs, samples = frame_tasks()
    for sample in samples:
        del sample.centers
    with pytest.raises(ValueError, match='whose data samples have centers'):
        model.loss(inputs, samples)


# ---- inference


def test_predictions_have_boxes_scores_and_features() -> None:
    model = small_detector(test_cfg={'score_thr': 0.099, 'max_per_img': 4}).eval()
    inputs, samples = frames([1], [2])
    for sample in samples:
        sample.set_metainfo({'scale_factor': (0.5, 0.25), 'pad_param': (6, 0, 4, 0)})
    with torch.no_grad():
        scaled = [s.pred_instances for s in model.predict(inputs, copy.deepcopy(samples))]
        found = [s.pred_instances for s in model.predict(inputs, samples, rescale=False)]
        heatmap, _, _, feats = model(inputs, mode='tensor')
    for image, (each, original) in enumerate(zip(found, scaled, strict=True)):
        assert 0 < len(each) <= 4
        assert each.bboxes.dtype == each.scores.dtype == each.feats.dtype == torch.float32
        assert each.labels.tolist() == [0] * len(each)
        expected = (each.bboxes - torch.tensor([4.0, 6.0, 4.0, 6.0])) * torch.tensor([2, 4, 2, 4])
        torch.testing.assert_close(original.bboxes, expected)
        for score, feat in zip(each.scores, each.feats, strict=True):
            peaks = torch.nonzero(heatmap[image].flatten() == score)[:, 0]  # several may be equal
            there = gather_cells(feats[image : image + 1], peaks)
            assert (there - feat).abs().amax(1).min() < 1e-5
    model.bbox_head.score_thr = 1.0
    [nobody, _] = model.predict(inputs, samples)
    assert nobody.pred_instances.bboxes.shape == (0, 4)
    assert nobody.pred_instances.feats.shape == (0, 6)


def test_mixed_precision_and_channels_last() -> None:
    model = small_detector(task_detection_loss=True, test_cfg={'score_thr': 0.0}).eval()
    model.set_inner_loop(GRADIENT)
    inputs, samples = frames([3, -1, 5], [4])
    task_inputs, tasks = frame_tasks()
    maps = model(inputs, mode='tensor')
    joint, meta = model.loss(inputs, samples), model.loss(task_inputs, tasks)
    model = model.to(memory_format=torch.channels_last)
    last = inputs.to(memory_format=torch.channels_last)
    for got, want in zip(model(last, mode='tensor'), maps, strict=True):
        torch.testing.assert_close(got, want)
    [person, _] = model.predict(last, samples)
    assert len(person.pred_instances) > 0
    with torch.autocast('cpu', torch.bfloat16):
        for got, want in zip(model(last, mode='tensor'), maps, strict=True):
            torch.testing.assert_close(got.float(), want, rtol=0.1, atol=0.05)
        [person, _] = model.predict(last, samples)
        assert person.pred_instances.feats.dtype == torch.float32
        mixed = model.loss(last, samples), model.loss(task_inputs, tasks)
    for got, want in zip(mixed, (joint, meta), strict=True):
        for name, value in want.items():
            assert got[name].dtype == torch.float32
            torch.testing.assert_close(got[name], value, rtol=0.05, atol=0.05)
        model.zero_grad()
        reached(model, got)


def test_a_memorised_frame_decodes_to_its_own_boxes() -> None:
    """Three people of one colour each, and the identity of each."""
    model = small_detector(test_cfg={'score_thr': 0.4}).train()
    inputs, samples = torch.zeros(1, 3, 32, 48), [frame_sample(BOXES, [0, 1, 2])]
    for person, (x1, y1, x2, y2) in enumerate(BOXES):
        inputs[0, person, int(y1) : int(y2), int(x1) : int(x2)] = 2.0
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    history = []
    for step in range(240):
        for group in optimizer.param_groups:
            group['lr'] = 1e-2 * (1 - step / 240)
        losses = model.loss(inputs, samples)
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append(float(losses['heatmap_focal']))
    assert history[-1] < 0.05 * history[0]
    with torch.no_grad():
        [sample] = model.eval().predict(inputs, samples)
        found = sample.pred_instances
        overlaps = bbox_overlaps(found.bboxes, torch.tensor(BOXES))
        assert len(found) == 3
        assert overlaps.max(1).values.min() > 0.9
        embeds = F.normalize(model.reid_head(found.feats), dim=1)
        identities = embeds @ F.normalize(model.reid_head.classifier, dim=1).T
    assert identities.argmax(1).tolist() == overlaps.argmax(1).tolist()


def test_it_is_built_from_a_config_and_scores_start_low() -> None:
    model = MODELS.build(one_shot_config()).eval()
    assert isinstance(model, OneShotDetector)
    model.init_weights()
    heatmap = model(torch.randn(1, 3, 32, 48), mode='tensor')[0]
    assert 0.05 < heatmap.min() <= heatmap.max() < 0.2
    with pytest.raises(NotImplementedError, match=r'in loss\(\)'):
        model.bbox_head.loss_by_feat()
    with pytest.raises(NotImplementedError, match=r'in predict\(\)'):
        model.bbox_head.predict_by_feat()


@pytest.mark.parametrize(
    ('name', 'parameters'), [('one-shot_dla34', (19e6, 20e6)), ('one-shot_r18_small', (9e5, 1e6))]
)
def test_the_networks_of_the_configs(name: str, parameters: tuple[float, float]) -> None:
    config = Config.fromfile(CONFIGS / f'{name}.py').model.detector
    config.bbox_head.reid.num_classes = IDENTITIES
    with DefaultScope.overwrite_default_scope('mmmaml'):
        model = MODELS.build(config).train()
    model.init_weights()
    assert parameters[0] < sum(p.numel() for p in model.parameters()) < parameters[1]
    # The last batch normalisation of a residual block starts at 0 in mmdet's networks.
    idle = {n for n in names(model, 'backbone.layer') if 'bn2' not in n}
    inputs, samples = frame_tasks(size=(64, 96))
    model.set_inner_loop(GRADIENT)
    got = reached(model, model.loss(inputs, samples))
    assert got - idle == names(model, *IDENTIFYING) - idle
    got = reached(model, model.loss(inputs[0, :1], [frame_sample(BOXES, [0, 1, -1])]))
    assert got >= names(model, '') - idle
    assert model(inputs[0, :1], mode='tensor')[3].shape == (1, model.reid_head.in_channels, 16, 24)


def test_operations_of_the_full_network() -> None:
    """Counted with ordinary convolutions; a counter does not know deformable ones."""
    config = Config.fromfile(CONFIGS / 'one-shot_dla34.py').model.detector
    config.neck.upsample_conv = 'plain'
    with DefaultScope.overwrite_default_scope('mmmaml'):
        model = MODELS.build(config).eval().to('meta')
    frame = torch.zeros(1, 3, 608, 1088, device='meta')
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        maps = model.bbox_head.detect(model.extract_feat(frame))
    assert maps.heatmap.shape == (1, 1, 152, 272)
    assert counter.get_total_flops() / 2 == pytest.approx(77e9, rel=0.01)
