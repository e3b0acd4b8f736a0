"""The whole model with a one-shot detector: no crops and no second network."""

import cv2
import pytest
import torch
from mmdet.structures import DetDataSample, TrackDataSample

from mmmaml.models import MAMLMOT
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS
from mmmaml.utils.mot_files import read_seqinfo

from ..one_shot import frame_sample, frame_tasks, one_shot_config

PREPROCESSOR = {
    'type': 'mmmaml.TaskDataPreprocessor',
    'mean': [120.0, 110.0, 100.0],
    'std': [58.0, 57.0, 56.0],
    'bgr_to_rgb': True,
}
THRESHOLDS = {'score_thr': 0.0, 'low_score_thr': 0.0, 'init_score_thr': 0.0, 'frame_rate': 6}


def build(kind: str = 'mmmaml.MAMLMOT', head: dict | None = None, **tracker: object) -> MAMLMOT:
    torch.manual_seed(0)
    detector = one_shot_config(test_cfg={'score_thr': 0.0, 'max_per_img': 12})
    detector['bbox_head'] |= head or {}
    tracker = {'type': 'mmmaml.OnlineMetaTracker', **THRESHOLDS, **tracker}
    model = MODELS.build(
        {'type': kind, 'detector': detector, 'tracker': tracker, 'data_preprocessor': PREPROCESSOR}
    )
    # Without training boxes have no size: let them be eight cells wide and high.
    torch.nn.init.constant_(model.detector.bbox_head.box_branch[-1].bias, 4.0)
    return model


@pytest.fixture(scope='module')
def images(mot_root) -> list[torch.Tensor]:
    sequence = read_seqinfo(mot_root / 'test' / 'DEMO-03')
    paths = [str(sequence.image_path(frame)) for frame in range(1, 7)]
    return [torch.from_numpy(cv2.imread(path)).permute(2, 0, 1) for path in paths]


def sample(frame: int) -> DetDataSample:
    meta = {'img_shape': (128, 192), 'ori_shape': (64, 96), 'scale_factor': (2.0, 2.0)}
    return DetDataSample(metainfo={'frame_id': frame, 'frame_rate': 6, **meta})


def track(model: MAMLMOT, images: list[torch.Tensor]) -> list[tuple[list, list]]:
    """Ids and boxes of each frame."""
    video = TrackDataSample(video_data_samples=[sample(i) for i in range(len(images))])
    [video] = model.eval().test_step({'inputs': [torch.stack(images)], 'data_samples': [video]})
    found = [each.pred_track_instances for each in video]
    return [(each.instances_id.tolist(), each.bboxes.tolist()) for each in found]


@pytest.mark.parametrize('kind', ['mmmaml.MAMLMOT', 'mmdet.DeepSORT'])
@pytest.mark.parametrize('adapt', [True, False])
def test_the_tracker_takes_the_features_at_the_peaks(
    kind: str, adapt: bool, images: list[torch.Tensor]
) -> None:
    model = build(kind, adapt=adapt)
    found = track(model, images)
    assert any(ids for ids, _ in found[1:])
    head = model.detector.reid_head
    assert model.tracker.head is (head if adapt else None)
    alone = OnlineMetaTracker(**THRESHOLDS)
    alone.bind(head if adapt else None)
    for frame, (image, (ids, boxes)) in enumerate(zip(images, found, strict=True)):
        inputs = model.data_preprocessor(
            {
                'inputs': [image[None]],
                'data_samples': [TrackDataSample(video_data_samples=[sample(frame)])],
            }
        )['inputs'][:, 0]
        with torch.no_grad():
            [each] = model.detector.predict(inputs, [sample(frame)])
            people = each.pred_instances
            feats = people.feats if adapt else head(people.feats)
        expected = alone.step(frame, people.bboxes, people.scores, people.labels, feats)
        reported = expected >= 0
        assert ids == expected[reported].tolist()
        torch.testing.assert_close(torch.tensor(boxes).view(-1, 4), people.bboxes[reported])


@pytest.mark.parametrize('adapt', [True, False])
def test_the_tracker_gets_the_graph_of_its_model(adapt: bool, images: list[torch.Tensor]) -> None:
    options = {'adapt': adapt, 'stages': {'graph': {'edge_thr': 0.0}}}
    with pytest.raises(ValueError, match='needs a trained graph network'):
        track(build(**options), images)
    head = {'type': 'mmmaml.GraphHead', 'graph': {'channels': 4}}
    model = build(head=head, **options)
    found = track(model, images)
    assert model.tracker.matching.graph is model.detector.graph
    assert any(ids for ids, _ in found[1:])
    assert {each.stage for each in model.tracker.decisions()} >= {'graph'}


def test_detections_from_elsewhere_go_by_motion(images: list[torch.Tensor]) -> None:
    model = build().eval()
    each = sample(0)
    with torch.no_grad():
        [each] = model.detector.predict(torch.zeros(1, 3, 128, 192), [each])
    del each.pred_instances.feats
    model.tracker.track(model=model, img=torch.zeros(1, 3, 128, 192), data_sample=each)
    assert model.tracker.appearance.memory is None


def test_gradients_reach_the_detector_that_identifies() -> None:
    model = build().train()
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(module.training for module in model.detector.modules())
    model.detector.set_inner_loop(InnerLoopCfg(0.3))
    loss, _ = model.parse_losses(model(*frame_tasks(), mode='loss'))
    loss.backward()
    learned = {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    parts = ('backbone', 'neck', 'bbox_head.feature_conv', 'bbox_head.reid')
    assert learned == {
        name
        for name, _ in model.named_parameters()
        if name.startswith(tuple(f'detector.{part}' for part in parts))
    }


def test_it_trains_on_frames() -> None:
    model = build().train()
    frames = [frame_sample([[10, 4, 21, 27]], [3]), frame_sample([], [])]
    losses = model(torch.randn(2, 3, 32, 48), frames, mode='loss')
    assert {'loss_det', 'loss_id', 'loss_weights'} <= set(losses)
    apart = model.detector.loss(torch.zeros(2, 3, 32, 48), frames)
    assert set(apart) == set(losses)
