"""QDTrack on YOLOX: what it learns, what it predicts, and the trackers it goes with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample, TrackDataSample
from mmdet.structures.bbox import bbox_overlaps
from mmengine.config import Config
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.apis.given_detector import GivenDetector, to_instances
from mmmaml.apis.model_stages import ModelStages
from mmmaml.apis.stage_clock import StageClock
from mmmaml.models import OnlineMetaTracker, QDTrackX
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules

register_all_modules(init_default_scope=False)

DEMO = Path(__file__).parents[3] / 'configs' / 'qdtrackx' / 'qdtrackx_yolox_demo.py'
SIZE = (64, 96)
PEOPLE = {
    1: [[8.0, 10, 24, 50], [12.0, 11, 28, 51]],
    2: [[60.0, 6, 78, 56], [56.0, 8, 74, 58]],
    0: [[36.0, 20, 50, 60], [38.0, 18, 52, 58]],
}
"""Boxes of each identity in two frames."""
OURS = {
    'type': 'mmmaml.OnlineMetaTracker',
    'score_thr': 0.0,
    'low_score_thr': 0.0,
    'init_score_thr': 0.0,
    'frame_rate': 6,
}


def build(tracker: dict | None = None, **options: Any) -> QDTrackX:
    """The demo's model."""
    whole = Config.fromfile(DEMO)
    whole.merge_from_dict({f'model.{key}': value for key, value in options.items()})
    config = whole.model
    config.type = 'mmmaml.QDTrackX'
    config.data_preprocessor.type = 'mmmaml.TaskDataPreprocessor'
    if tracker is not None:
        config.tracker = tracker
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    return model


def pair(people: dict[int, list[list[float]]] = PEOPLE) -> tuple[Tensor, list[TaskDataSample]]:
    """Two frames, everybody of one colour of their own."""
    frames = torch.full((1, 2, 3, *SIZE), 114.0)
    frames += torch.randn(frames.shape, generator=torch.Generator().manual_seed(0)) * 8
    for identity, boxes in people.items():
        for number, (x1, y1, x2, y2) in enumerate(boxes):
            colour = torch.tensor([[250.0, 20, 20], [20, 20, 250], [20, 220, 60]])[identity]
            frames[0, number, :, int(y1) : int(y2), int(x1) : int(x2)] = colour[:, None, None]
    boxes = torch.tensor(list(people.values()), dtype=torch.float32).view(-1, 2, 4)
    ids = torch.tensor(list(people), dtype=torch.long)
    sample = TaskDataSample(metainfo={'num_support': 1, 'img_shape': SIZE})
    sample.labels = ids
    sample.centers = (boxes[..., :2] + boxes[..., 2:]) / 2
    sample.gt_instances = InstanceData(
        bboxes=boxes.flatten(0, 1),
        labels=torch.zeros(2 * len(ids), dtype=torch.long),
        instances_ids=ids.repeat_interleave(2),
        frames=torch.tensor([0, 1]).repeat(len(ids)),
    )
    return frames, [sample]


def video(numbers: range = range(2)) -> TrackDataSample:
    meta = {'img_shape': SIZE, 'ori_shape': SIZE, 'scale_factor': (1.0, 1.0), 'frame_rate': 6}
    frames = [DetDataSample(metainfo={'frame_id': number, **meta}) for number in numbers]
    return TrackDataSample(video_data_samples=frames)


@pytest.fixture(scope='module')
def learned() -> tuple[QDTrackX, list[dict[str, float]]]:
    """A model that knows two frames by heart, and its losses on the way."""
    clear = {'score_thr': 0.5, 'nms': {'type': 'nms', 'iou_threshold': 0.5}}
    model = build(**{'detector.test_cfg': clear, 'tracker.init_score_thr': 0.5})
    inputs, samples = pair()
    for module in model.train().modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.3  # its running statistics have to follow in so few steps
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=4e-3)
    history = []
    for _ in range(80):
        losses = model.loss(inputs, samples)
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append({name: value.item() for name, value in losses.items()})
    return model, history


# ---- training


def test_each_loss_falls(learned) -> None:
    _, history = learned
    assert set(history[0]) == {
        'loss_cls',
        'loss_bbox',
        'loss_obj',
        'loss_l1',
        'loss_track',
        'loss_track_aux',
    }
    for name in history[0]:
        first, last = (
            np.mean([each[name] for each in part]) for part in (history[:5], history[-5:])
        )
        assert last < 0.5 * first, name


def test_frames_known_by_heart_are_decoded(learned) -> None:
    model, _ = learned
    inputs, _ = pair()
    with torch.no_grad():
        [found] = model.eval().predict(inputs, [video()])
    ids = []
    for number, sample in enumerate(found):
        dets, tracks = sample.pred_instances, sample.pred_track_instances
        truth = torch.tensor([boxes[number] for boxes in PEOPLE.values()])
        assert dets.feats.shape == (3, 64)
        overlap = bbox_overlaps(truth, dets.bboxes).max(1).values
        assert overlap.min() > 0.7
        order = bbox_overlaps(truth, tracks.bboxes).argmax(1)
        ids.append(tracks.instances_id[order].tolist())
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


def test_features_of_tasks_are_those_of_the_boxes_found_there(learned) -> None:
    model, _ = learned
    inputs, samples = pair()
    model.eval()
    with torch.no_grad():
        feats = model.extract_task_feats(inputs, samples[0].centers[None])
        [found] = model.predict(inputs, [video()])
    assert feats.shape == (1, 3, 2, 64)
    for number, sample in enumerate(found):
        dets = sample.pred_instances
        truth = torch.tensor([boxes[number] for boxes in PEOPLE.values()])
        of_person = dets.feats[bbox_overlaps(truth, dets.bboxes).argmax(1)]
        same = torch.cosine_similarity(feats[0, :, number], of_person)
        assert same.min() > 0.95
    torch.testing.assert_close(model.reid_head(feats), feats)


@pytest.mark.parametrize('frames', [2, 3])
def test_the_contrast_is_that_of_the_paper(monkeypatch, frames: int) -> None:
    """log(1 + Σ₊ Σ₋ exp(v·k₋ − v·k₊)) over regions found to be of a person by their overlap."""
    model, (inputs, samples) = build(), pair({1: PEOPLE[1], 2: PEOPLE[2]})
    inputs = torch.cat([inputs, inputs[:, : frames - 2]], 1)
    boxes = samples[0].gt_instances
    stranger = InstanceData(
        bboxes=torch.tensor([PEOPLE[0][0]]),
        labels=torch.tensor([0]),
        instances_ids=torch.tensor([-1]),
        frames=torch.tensor([0]),
    )
    again = boxes[boxes.frames == 0]
    again.frames = again.frames + 2
    samples[0].gt_instances = InstanceData.cat([boxes, stranger, *[again][: frames - 2]])
    samples[0].centers = torch.zeros(2, frames, 2)
    seen = {}
    head, match = model.track_head.embed_head, model.track_head.embed_head.match

    def spy(key: Tensor, ref: Tensor, keys: list, refs: list) -> tuple:
        sizes = [[len(r.pos_priors) for r in keys], [len(r.priors) for r in refs]]
        seen['embeds'] = key.split(sizes[0]), ref.split(sizes[1])
        seen['boxes'] = [r.pos_priors for r in keys], [r.priors for r in refs]
        return match(key, ref, keys, refs)

    monkeypatch.setattr(head, 'match', spy)
    losses = model.loss(inputs, samples)
    truth = samples[0].gt_instances

    def who(regions: Tensor, frame: int) -> list[int]:
        people = truth[(truth.frames == frame) & (truth.instances_ids >= 0)]
        best = bbox_overlaps(regions, people.bboxes).max(1)
        return [
            int(people.instances_ids[i]) if overlap >= 0.7 else -1
            for overlap, i in zip(best.values, best.indices, strict=True)
        ]

    total = 0.0
    for key in range(frames):
        ref = (key + 1) % frames
        persons, others = who(seen['boxes'][0][key], key), who(seen['boxes'][1][key], ref)
        assert set(persons) == {1, 2}
        assert set(others) == {1, 2, -1}
        products = (seen['embeds'][0][key] @ seen['embeds'][1][key].T).double()
        terms = []
        for row, person in zip(products, persons, strict=True):
            same = torch.tensor([other == person for other in others])
            pairs = row[~same][None] - row[same][:, None]
            terms.append(torch.log(1 + pairs.exp().sum()))
        total += torch.stack(terms).mean() / frames
    torch.testing.assert_close(losses['loss_track'].double(), total, atol=1e-4, rtol=1e-4)


def test_gradients_reach_all_but_the_embedding_left_as_it_is() -> None:
    model = build().train()
    total, _ = model.parse_losses(model.loss(*pair()))
    total.backward()
    trained = {name for name, p in model.named_parameters() if p.grad is not None}
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {'embedding.embed.weight', 'embedding.embed.bias'}
    assert trained == {name for name, _ in model.named_parameters()} - frozen


@pytest.mark.parametrize('identity', [None, -1])
def test_frames_without_anybody_known_train(identity: int | None) -> None:
    inputs, samples = pair({} if identity is None else {1: PEOPLE[1]})
    if identity is not None:
        samples[0].gt_instances.instances_ids[:] = identity
    model = build().train()
    losses = model.loss(inputs, samples)
    assert losses['loss_track'] == 0
    total, _ = model.parse_losses(losses)
    total.backward()
    grads = [p.grad for p in model.parameters() if p.requires_grad]
    assert all(grad is not None and grad.isfinite().all() for grad in grads)


# ---- trackers


def bisoftmax(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Mean of the softmax of products over columns and over rows."""
    powers = np.exp(rows @ columns.T)
    return (powers / powers.sum(1, keepdims=True) + powers / powers.sum(0)) / 2


def test_the_bidirectional_softmax_decides(learned) -> None:
    """Two frames by hand: the best of each detection in turn, above one half, once each."""
    model, _ = learned
    inputs, _ = pair()
    with torch.no_grad():
        [found] = model.eval().predict(inputs, [video()])
    first, second = ([s.pred_instances, s.pred_track_instances] for s in found)
    known = [int((first[0].bboxes == box).all(1).nonzero()) for box in first[1].bboxes]
    dets = second[0][second[0].scores.argsort(descending=True)]
    assert len(dets) == len(known) == 3  # no duplicates, and nothing for the backdrop
    scores = bisoftmax(dets.feats.double().numpy(), first[0].feats[known].double().numpy())
    expected = []
    for row in range(len(dets)):
        best = int(scores[row].argmax())
        assert scores[row, best] > 0.5
        expected.append(int(first[1].instances_id[best]))
        scores[:, best] = 0
    assert second[1].instances_id.tolist() == expected


@pytest.mark.parametrize('adapt', [True, False])
def test_our_tracker_takes_the_features_of_the_boxes(adapt: bool) -> None:
    model = build({**OURS, 'adapt': adapt}).eval()
    inputs, _ = pair()
    with torch.no_grad():
        model.detector.bbox_head.multi_level_conv_reg[2].bias.fill_(1.0)
        [found] = model.predict(inputs, [video()])
    assert model.tracker.head is (model.reid_head if adapt else None)
    alone = OnlineMetaTracker(**{k: v for k, v in OURS.items() if k != 'type'})
    alone.bind(model.reid_head if adapt else None)
    for number, sample in enumerate(found):
        dets, tracks = sample.pred_instances, sample.pred_track_instances
        ids = alone.step(number, dets.bboxes, dets.scores, dets.labels, dets.feats)
        assert tracks.instances_id.tolist() == ids[ids >= 0].tolist()
        torch.testing.assert_close(tracks.feats, dets.feats[ids >= 0])
    assert (alone.adapter is not None) == adapt


def test_boxes_are_in_pixels_of_the_original_image(learned) -> None:
    model, _ = learned
    inputs, _ = pair()
    at_half = video(range(1))
    at_half[0].set_metainfo({'scale_factor': (2.0, 2.0), 'ori_shape': (32, 48)})
    with torch.no_grad():
        [whole] = model.eval().predict(inputs[:, :1], [video(range(1))])
        [half] = model.predict(inputs[:, :1], [at_half])
    for name in ('pred_instances', 'pred_track_instances'):
        ours, theirs = half[0].get(name), whole[0].get(name)
        torch.testing.assert_close(2 * ours.bboxes, theirs.bboxes)
    torch.testing.assert_close(half[0].pred_instances.feats, whole[0].pred_instances.feats)


def test_given_detections_are_embedded_and_tracked() -> None:
    model = build(OURS).eval()
    model.detector = GivenDetector(model.detector)
    boxes = np.array([PEOPLE[1][0], PEOPLE[2][0]])
    model.detector.given = to_instances(np.column_stack([boxes / 2, [0.9, 0.8]]))
    at_double = video(range(1))
    at_double[0].set_metainfo({'scale_factor': (2.0, 2.0), 'ori_shape': (32, 48)})
    inputs, _ = pair()
    with torch.no_grad():
        [[sample]] = model.predict(inputs[:, :1], [at_double])
        maps = model.detector.extract_feat(inputs[:, 0])
        expected = model.track_head.predict(maps, [torch.as_tensor(boxes).float()])
    tracks = sample.pred_track_instances
    np.testing.assert_allclose(tracks.bboxes, boxes / 2)
    assert tracks.instances_id.tolist() == [1, 2]
    torch.testing.assert_close(tracks.feats, expected)


def test_all_its_networks_are_timed_as_such() -> None:
    model, now = build(OURS).eval(), [0.0]
    model.detector = GivenDetector(model.detector)
    clock = StageClock(timer=lambda: now[0])
    ModelStages(model, clock)
    detector = model.detector
    parts = [detector.backbone, detector.bbox_head, model.track_head.roi_extractor]
    for seconds, part in zip((1, 10, 100), parts, strict=True):
        part.register_forward_hook(lambda *_, took=seconds: now.__setitem__(0, now[0] + took))
    with torch.no_grad(), clock.stage('association'):
        model.predict(pair()[0][:, :1], [video(range(1))])
    assert clock.seconds == {'network': 111, 'association': 0}


def test_a_frame_without_detections_is_tracked() -> None:
    model = build(**{'detector.test_cfg.score_thr': 0.99}).eval()
    with torch.no_grad():
        [found] = model.predict(pair()[0], [video()])
    assert [len(each.pred_track_instances) for each in found] == [0, 0]
    assert found[0].pred_instances.feats.shape == (0, 64)


# ---- refusals


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match='num_regions=0 must be at least 1'):
        build(num_regions=0)
    model, (inputs, samples) = build(), pair()
    with pytest.raises(ValueError, match='num_support and num_query of at least 1'):
        model.loss(inputs[:, :1], samples)
    with pytest.raises(ValueError, match='wrap a dataset of frames in EpisodicDataset'):
        model.extract_task_feats(inputs)
