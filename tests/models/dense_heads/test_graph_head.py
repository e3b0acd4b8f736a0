"""The graph head: its nodes and losses by hand, a memorised pair of frames."""

import math
from typing import Any

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models import OneShotDetector
from mmmaml.models.dense_heads.graph_head import (
    NOBODY,
    UNKNOWN,
    _Nodes,
    successive_frames,
    truth_boxes,
    whose_boxes,
)
from mmmaml.models.graph import nearest_edges
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from ..one_shot import one_shot_config

FIRST = [[10.0, 4.0, 21.0, 27.0], [30.0, 10.0, 41.0, 31.0], [2.0, 12.0, 9.0, 30.0]]
SECOND = [[32.0, 9.0, 43.0, 30.0], [14.0, 3.0, 25.0, 26.0]]


def graph_detector(**options: Any) -> OneShotDetector:
    config = one_shot_config(task_detection_loss=True)
    graph = {'channels': 8, 'max_nodes': 6}
    config['bbox_head'] |= {'type': 'mmmaml.GraphHead', 'graph': graph, **options}
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    return model


def pair_of_frames() -> tuple[Tensor, list[TaskDataSample]]:
    """One task of two frames, the later one first: three people, of whom two stay."""
    inputs = torch.randn(1, 2, 3, 32, 48, generator=torch.Generator().manual_seed(2))
    sample = TaskDataSample(metainfo={'num_support': 1, 'frame_ids': [[8, 7]] * 2})
    sample.labels = torch.tensor([3, 5])
    boxes = torch.tensor([*SECOND, *FIRST])
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    sample.centers = torch.stack([centers[[1, 2]], centers[[0, 3]]])
    sample.gt_instances = InstanceData(
        bboxes=boxes,
        labels=torch.zeros(5, dtype=torch.long),
        instances_ids=torch.tensor([5, 3, 3, 5, -1]),
        frames=torch.tensor([0, 0, 1, 1, 1]),
    )
    return inputs, [sample]


def test_frames_that_follow_one_another() -> None:
    pairs = successive_frames([[7, 3, 9], [1, 2, 3]])
    assert pairs.tolist() == [[1, 0], [0, 2], [3, 4], [4, 5]]


def test_a_box_is_a_persons_if_both_prefer_each_other() -> None:
    truth = torch.tensor([[0.0, 0, 10, 10], [20.0, 0, 30, 10], [40.0, 0, 50, 10]])
    boxes = torch.tensor(
        [
            [0.0, 0, 10, 9],
            [0.0, 0, 10, 10],  # the better of two
            [25.0, 0, 35, 10],  # IoU of a third
            [40.0, 0, 50, 8],
            [90.0, 0, 99, 9],
        ]
    )
    found = whose_boxes(boxes, truth, torch.tensor([7, 8, -1]), 0.5)
    assert found.tolist() == [NOBODY, 7, NOBODY, UNKNOWN, NOBODY]
    assert whose_boxes(boxes, truth, torch.tensor([7, 8, -1]), 0.3)[2] == 8
    assert whose_boxes(boxes, truth[:0], torch.zeros(0).long(), 0.5).tolist() == [NOBODY] * 5


def test_the_boxes_of_targets_come_back() -> None:
    model = graph_detector()
    boxes = torch.tensor([*FIRST, *SECOND])
    images = torch.tensor([0, 0, 0, 1, 1])
    targets = model.bbox_head.encode((torch.zeros(2, 4, 8, 12),), boxes, images, torch.arange(5))
    found_images, found = truth_boxes(targets, 4)
    assert torch.equal(found_images, images[targets.identities])
    torch.testing.assert_close(found, boxes[targets.identities])


def focal(probability: Tensor, true: Tensor) -> float:
    """Sum of Lin et al., Focal Loss for Dense Object Detection, 2017, α = ¼ and γ = 2."""
    total = 0.0
    for p, t in zip(probability.tolist(), true.tolist(), strict=True):
        total += -0.25 * (1 - p) ** 2 * math.log(p) if t else -0.75 * p**2 * math.log(1 - p)
    return total


def test_both_losses_by_hand() -> None:
    head = graph_detector().bbox_head.eval()
    gen = torch.Generator().manual_seed(4)
    corner = torch.rand(2, 5, 2, generator=gen) * 30
    embeds = torch.nn.functional.normalize(torch.randn(2, 5, 5, generator=gen), dim=-1)
    people = torch.tensor([[3, 4, UNKNOWN, NOBODY, 5], [4, UNKNOWN, 3, NOBODY, NOBODY]])
    nodes = _Nodes(
        torch.cat([corner, corner + 20], -1), torch.rand(2, 5, generator=gen), embeds, people
    )
    losses = head.graph_losses(nodes, torch.tensor([[1, 0]]))
    edges = nearest_edges(nodes.boxes[1], nodes.boxes[0], embeds[1] @ embeds[0].T, 10)
    assert len(edges.former) == 25
    logits = head.graph(embeds[1], embeds[0], nodes.scores[0], edges)
    same, judged = [], []
    for i, j in zip(edges.former.tolist(), edges.current.tolist(), strict=True):
        first, second = people[1, i].item(), people[0, j].item()
        same.append(first == second and first >= 0)
        judged.append(not first == second == UNKNOWN)
    assert sum(same) == 2
    assert sum(judged) == 24
    keep = torch.tensor(judged)
    expected = focal(logits.edges.sigmoid()[keep], torch.tensor(same)[keep]) / 2
    assert losses['graph_edge'].item() == pytest.approx(expected, rel=1e-4)
    expected = focal(logits.nodes.sigmoid(), people[0] != NOBODY) / 4
    assert losses['graph_node'].item() == pytest.approx(expected, rel=1e-4)


def test_the_sum_has_a_weight_of_its_own() -> None:
    model = graph_detector().eval()
    losses = model.loss(*pair_of_frames())
    graph = losses['graph_edge'] + losses['graph_node']
    torch.testing.assert_close(losses['loss_graph'], 0.5 * math.exp(1.05) * graph)
    boxes = losses['heatmap_focal'] + losses['box_l1'] + losses['offset_l1']
    torch.testing.assert_close(losses['loss_det'], 0.5 * math.exp(1.85) * boxes)
    assert losses['loss_weights'].item() == pytest.approx(-0.5 * (1.85 + 1.05 + 1.05))


def test_gradients_reach_every_parameter_and_boxes_are_held() -> None:
    model = graph_detector().train()
    losses = model.loss(*pair_of_frames())
    held = [*model.bbox_head.box_branch.parameters(), *model.bbox_head.heatmap_branch.parameters()]
    grads = torch.autograd.grad(losses['loss_graph'], held, retain_graph=True, allow_unused=True)
    assert all(grad is None for grad in grads)
    total, _ = model.parse_losses(losses)
    total.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert model.bbox_head.graph.node_start[0].weight.grad.any()


def test_every_loss_falls_and_a_memorised_pair_is_decoded_and_matched() -> None:
    model = graph_detector().train()
    head = model.bbox_head
    inputs, samples = pair_of_frames()
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    history = []
    for _ in range(150):
        losses = model.loss(inputs, samples)
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append({name: value.detach().item() for name, value in losses.items()})
    for name in ('heatmap_focal', 'box_l1', 'offset_l1', 'graph_edge', 'graph_node', 'loss_plain'):
        assert history[-1][name] < 0.5 * max(each[name] for each in history), name
    model.eval()
    head.score_thr = 0.3
    tracker = OnlineMetaTracker(
        adapt=False,
        frame_rate=30,
        score_thr=0.3,
        low_score_thr=0.3,
        init_score_thr=0.3,
        max_init_iou=1,
        stages={'graph': {}},
    )
    tracker.bind(None, model.graph)
    ids = []
    for number, frame in enumerate((inputs[0, 1], inputs[0, 0])):  # the earlier one first
        with torch.no_grad():
            [sample] = model.predict(frame[None], [DetDataSample()])
            dets = sample.pred_instances
            found = tracker.step(
                number, dets.bboxes, dets.scores, dets.labels, head.reid(dets.feats)
            )
        truth = torch.tensor([FIRST, SECOND][number])
        rows = (dets.bboxes[None] - truth[:, None]).abs().amax(2).argmin(1)
        assert (dets.bboxes[rows] - truth).abs().max() < 3
        ids.append(found[rows].tolist())
    assert len(set(ids[0])) == 3
    assert ids[1] == [ids[0][1], ids[0][0]]


def test_nobody_in_either_frame() -> None:
    model = graph_detector().train()
    inputs, samples = pair_of_frames()
    samples[0].gt_instances = samples[0].gt_instances[:0]
    samples[0].labels = torch.full((2,), -1)
    total, _ = model.parse_losses(model.loss(inputs, samples))
    assert total.isfinite()


def test_single_frames_are_refused() -> None:
    with pytest.raises(ValueError, match='pairs of frames'):
        graph_detector().bbox_head.loss((torch.zeros(1, 4, 8, 12),), [DetDataSample()])


def test_other_detectors_have_no_graph() -> None:
    assert MODELS.build(one_shot_config()).graph is None
    model = graph_detector()
    assert model.graph is model.bbox_head.graph
