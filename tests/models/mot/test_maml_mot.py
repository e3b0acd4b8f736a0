"""The whole model: a frozen detector, a Re-ID network that learns tasks, a tracker."""

import cv2
import pytest
import torch
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.config import ConfigDict
from mmengine.optim import OptimWrapper

from mmmaml.models import MAMLMOT
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import FRAME, LEFT, SCORE, SequenceInfo, read_rows, read_seqinfo

register_all_modules(init_default_scope=False)

IDENTITIES, WAYS, SUPPORT, QUERY = 6, 3, 2, 1
PREPROCESSOR = {
    'type': 'mmmaml.TaskDataPreprocessor',
    'mean': [120.0, 110.0, 100.0],
    'std': [58.0, 57.0, 56.0],
    'bgr_to_rgb': True,
}
TRACKER = {'type': 'mmmaml.OnlineMetaTracker', 'frame_rate': 6, 'reid': {'img_scale': (32, 16)}}


def resnet(**options: object) -> dict:
    return {'type': 'mmdet.ResNet', 'depth': 18, 'base_channels': 4, 'norm_eval': False, **options}


REID = {
    'type': 'mmmaml.MetaReID',
    'backbone': resnet(num_stages=1, strides=(1,), dilations=(1,), out_indices=(0,)),
    'head': {
        'type': 'mmmaml.MetaReIDHead',
        'in_channels': 4,
        'feat_channels': 5,
        'num_classes': IDENTITIES,
    },
}
FCOS = {
    'type': 'mmdet.FCOS',
    'backbone': resnet(),
    'neck': {
        'type': 'mmdet.FPN',
        'in_channels': [4, 8, 16, 32],
        'out_channels': 8,
        'start_level': 2,
        'num_outs': 3,
    },
    'bbox_head': {
        'type': 'mmdet.FCOSHead',
        'num_classes': 1,
        'in_channels': 8,
        'feat_channels': 8,
        'stacked_convs': 1,
        'strides': [16, 32, 64],
        'norm_cfg': {'type': 'BN'},
    },
    'test_cfg': ConfigDict(nms_pre=50, score_thr=0.0, nms={'iou_threshold': 0.5}, max_per_img=5),
}
PUBLIC = {'type': 'mmmaml.PublicDetector'}


def build(detector: dict | None = PUBLIC, reid: dict | None = REID, **tracker: object) -> MAMLMOT:
    torch.manual_seed(0)
    return MAMLMOT(detector, reid, TRACKER | tracker, PREPROCESSOR)


def tasks() -> dict:
    """Two tasks as they come from the data loader."""
    gen = torch.Generator().manual_seed(1)
    shape = (WAYS, SUPPORT + QUERY, 3, 16, 8)
    samples = []
    for _ in range(2):
        sample = TaskDataSample(metainfo={'num_support': SUPPORT})
        sample.labels = torch.randperm(IDENTITIES, generator=gen)[:WAYS]
        samples.append(sample)
    inputs = [torch.randint(256, shape, generator=gen, dtype=torch.uint8) for _ in range(2)]
    return {'inputs': inputs, 'data_samples': samples}


def losses_of(model: MAMLMOT) -> dict[str, torch.Tensor]:
    return model(**model.data_preprocessor(tasks(), training=True), mode='loss')


# ---- training


@pytest.mark.parametrize('inner_loop', [None, InnerLoopCfg(0.3)], ids=['plain', 'maml'])
def test_gradients_reach_exactly_the_reid_network(inner_loop: InnerLoopCfg | None) -> None:
    model = build(FCOS).train()
    model.reid.set_inner_loop(inner_loop)
    loss, _ = model.parse_losses(losses_of(model))
    loss.backward()
    names = {name for name, _ in model.named_parameters()}
    reached = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert any(name.startswith('detector.') for name in names)
    assert reached == {name for name in names if name.startswith('reid.')}


def test_the_detector_is_frozen_and_evaluates_while_the_rest_trains() -> None:
    model = build(FCOS)
    frozen = list(model.detector.parameters())
    assert frozen
    assert not any(p.requires_grad for p in frozen)
    assert all(p.requires_grad for p in model.reid.parameters())
    for mode in (True, False, True):
        assert model.train(mode) is model
        assert not any(module.training for module in model.detector.modules())
        assert all(module.training is mode for module in model.reid.modules())
        assert model.training is mode


def test_a_training_step_changes_the_reid_network_alone() -> None:
    model = build(FCOS).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    logged = model.train_step(tasks(), OptimWrapper(optimizer))
    assert torch.isfinite(logged['loss'])
    changed = {n for n, value in model.state_dict().items() if not torch.equal(value, before[n])}
    assert {name.split('.')[0] for name in changed} == {'reid'}
    assert {'reid.backbone.bn1.running_mean', 'reid.head.embed.weight'} <= changed


@pytest.mark.parametrize(
    'detector', [None, PUBLIC], ids=['no detector', 'detector without weights']
)
def test_training_needs_no_detector(detector: dict | None) -> None:
    model = build(detector).train()
    assert set(losses_of(model)) == {'loss_plain'}
    assert all(name.startswith('reid.') for name in model.state_dict())


def test_weights_of_the_reid_network_fit_one_by_itself() -> None:
    model = build(FCOS)
    state = model.state_dict()
    assert {name.split('.')[0] for name in state} == {'detector', 'reid'}
    alone = MODELS.build(REID)
    part = {n.removeprefix('reid.'): v for n, v in state.items() if n.startswith('reid.')}
    alone.load_state_dict(part, strict=True)
    crops = torch.randn(2, 3, 16, 8)
    torch.testing.assert_close(alone.eval()(crops), model.eval().reid(crops))


def test_without_a_reid_network_there_is_nothing_to_train() -> None:
    model = build(reid=None)
    with pytest.raises(ValueError, match=r"^MAMLMOT without 'reid' has nothing to train on tasks"):
        losses_of(model)


# ---- tracking


@pytest.fixture(scope='module')
def sequence(mot_root) -> SequenceInfo:
    return read_seqinfo(mot_root / 'test' / 'DEMO-03')


def clip(sequence: SequenceInfo, frames: range) -> dict:
    """Frames, counted from 0, as they come from the data loader."""
    samples, images = [], []
    size = (sequence.height, sequence.width)
    for frame in frames:
        path = str(sequence.image_path(frame + 1))
        images.append(torch.from_numpy(cv2.imread(path)).permute(2, 0, 1))
        meta = {'frame_id': frame, 'img_path': path, 'frame_rate': sequence.frame_rate}
        shapes = {'img_shape': size, 'ori_shape': size, 'scale_factor': (1.0, 1.0)}
        samples.append(DetDataSample(metainfo=meta | shapes))
    video = TrackDataSample(video_data_samples=samples)
    return {'inputs': [torch.stack(images)], 'data_samples': [video]}


def track(model: MAMLMOT, sequence: SequenceInfo, *clips: range) -> list[dict[int, list]]:
    """For each frame the boxes by id."""
    found = []
    for frames in clips:
        [video] = model.eval().test_step(clip(sequence, frames))
        for sample in video:
            tracks = sample.pred_track_instances
            ids, boxes = tracks.instances_id.tolist(), tracks.bboxes.tolist()
            found.append(dict(zip(ids, boxes, strict=True)))
            assert len(set(ids)) == len(boxes)
    return found


def test_frame_zero_starts_a_video_and_others_continue_it(sequence: SequenceInfo) -> None:
    model = build()
    whole = track(model, sequence, range(12))
    assert max(max(boxes, default=0) for boxes in whole) >= 3
    again = track(model, sequence, range(5), range(5, 12))
    assert again == whole
    late = track(build(), sequence, range(5, 12))  # the same frames without those before
    assert late != whole[5:]


def public_detections(sequence: SequenceInfo, frame: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes xyxy and scores of a frame, counted from 0."""
    rows = read_rows(sequence.root / 'det' / 'det.txt')
    rows = torch.from_numpy(rows[rows[:, FRAME] == frame + 1])
    boxes = rows[:, LEFT:SCORE].clone()
    boxes[:, 2:] += boxes[:, :2]
    return boxes.float(), rows[:, SCORE].float()


def test_boxes_are_those_of_the_detector(sequence: SequenceInfo) -> None:
    for frame, by_id in enumerate(track(build(), sequence, range(8))):
        boxes, scores = public_detections(sequence, frame)
        strong = {tuple(box) for box in boxes[scores >= 0.1].tolist()}
        assert by_id
        assert {tuple(box) for box in by_id.values()} <= strong


def test_a_detector_of_mmdet_finds_boxes_for_the_tracker(sequence: SequenceInfo) -> None:
    model = build(FCOS, low_score_thr=0.0, score_thr=0.0, init_score_thr=0.0)
    data = model.data_preprocessor(clip(sequence, range(1)))
    with torch.no_grad():
        [expected] = model.detector.predict(data['inputs'][:, 0], [data['data_samples'][0][0]])
    boxes = expected.pred_instances.bboxes
    [found] = track(model, sequence, range(1))
    assert len(found) > 0
    assert sorted(found.values()) == sorted(boxes.tolist())


def test_without_a_reid_network_motion_and_overlap_decide(sequence: SequenceInfo) -> None:
    found = track(build(reid=None), sequence, range(12))
    tracker = OnlineMetaTracker(frame_rate=6)
    for frame, by_id in enumerate(found):
        boxes, scores = public_detections(sequence, frame)
        ids = tracker.step(frame, boxes, scores, torch.zeros(len(boxes), dtype=torch.long))
        reported = ids >= 0
        expected = dict(zip(ids[reported].tolist(), boxes[reported].tolist(), strict=True))
        assert by_id == expected
    assert max(max(boxes, default=0) for boxes in found) >= 3
