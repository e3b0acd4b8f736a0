"""The tracker inside models: ours, MMDetection's and MMTracking's."""

import pytest
import torch
from mmdet.models.mot import ByteTrack, DeepSORT
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.structures import InstanceData
from torch import nn

from mmmaml.models import MetaReID
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS

from ...tiny import tiny_backbone
from .stories import stages

RED, GREEN, BLUE = (3.0, -1, -1), (-1, 3.0, -1), (-1, -1, 3.0)
HEIGHT, WIDTH = 96, 256
SCALE = 0.5
STRICT = stages(overlap={'iou_thr': 0.9})


def frame_of(places, colors):
    """Image (1, 3, H, W) with people of 16 x 40 pixels, and boxes in the original, twice as big.

    Behind them is black, so that a crop out of place looks different.
    """
    img = torch.zeros(1, 3, HEIGHT, WIDTH)
    boxes = []
    for x, color in zip(places, colors, strict=True):
        img[0, :, 30:70, x : x + 16] = torch.tensor(color)[:, None, None]
        boxes.append([x, 30, x + 16, 70])
    return img, torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4) / SCALE


def sample_of(frame_id, boxes, scores=None, key='pred_instances', **metainfo):
    sample = DetDataSample(
        metainfo={
            'frame_id': frame_id,
            'img_shape': (HEIGHT, WIDTH),
            'scale_factor': (SCALE, SCALE),
            **metainfo,
        }
    )
    found = InstanceData(
        bboxes=boxes,
        scores=torch.full((len(boxes),), 0.9) if scores is None else torch.tensor(scores),
        labels=torch.zeros(len(boxes), dtype=torch.long),
    )
    sample.set_field(found, key)
    return sample


class MeanColor(nn.Module):
    """A Re-ID network whose embedding is the colour of the crop."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def forward(self, crops, mode='tensor'):
        assert mode == 'tensor'
        self.batches.append(tuple(crops.shape))
        return crops.mean((2, 3))


class WithReID(nn.Module):
    def __init__(self, reid):
        super().__init__()
        self.reid = reid


def meeting(frame, speed=8):
    """Red and green walk up to each other and go back; pixels of the input per frame."""
    reach = 80 - speed * abs(frame - 10)
    return frame_of([20 + reach, 196 - reach], [RED, GREEN])


@pytest.mark.parametrize('key', ['pred_instances', 'pred_det_instances'])
def test_features_are_cut_from_the_image(key):
    tracker = OnlineMetaTracker(frame_rate=10, reid={'img_scale': (20, 8)})
    model = WithReID(MeanColor())
    for frame in range(21):
        img, boxes = meeting(frame)
        sample = sample_of(frame, boxes, key=key)
        found = tracker.track(model, img, sample, rescale=True)
        assert found.instances_id.tolist() == [1, 2]
        torch.testing.assert_close(found.bboxes, boxes)
    assert set(model.reid.batches) == {(2, 3, 20, 8)}
    expected = torch.nn.functional.normalize(torch.tensor([RED, GREEN]), dim=1)
    torch.testing.assert_close(tracker.appearance.memory.mean[:2], expected, atol=1e-5, rtol=0)


def test_boxes_that_are_in_pixels_of_the_input_are_not_scaled():
    tracker = OnlineMetaTracker()
    img, boxes = frame_of([20], [BLUE])
    tracker.track(WithReID(MeanColor()), img, sample_of(0, boxes * SCALE), rescale=False)
    expected = torch.nn.functional.normalize(torch.tensor([BLUE]), dim=1)
    torch.testing.assert_close(tracker.appearance.memory.mean[:1], expected, atol=1e-5, rtol=0)


def test_only_reported_detections_are_returned_and_only_strong_ones_are_cut_out():
    tracker = OnlineMetaTracker()
    model = WithReID(MeanColor())
    img, boxes = frame_of([20, 100, 180], [RED, GREEN, BLUE])
    first = tracker.track(model, img, sample_of(0, boxes, [0.9, 0.3, 0.05]), rescale=True)
    assert first.instances_id.tolist() == [1]
    assert len(first.bboxes) == len(first.scores) == len(first.labels) == 1
    assert model.reid.batches == [(1, 3, 256, 128)]
    second = tracker.track(model, img, sample_of(1, boxes, [0.3, 0.9, 0.05]), rescale=True)
    assert second.instances_id.tolist() == [1]  # continued by overlap; the other is tentative
    third = tracker.track(model, img, sample_of(2, boxes, [0.3, 0.9, 0.05]), rescale=True)
    assert third.instances_id.tolist() == [1, 2]
    torch.testing.assert_close(third.bboxes, boxes[:2])


@pytest.mark.parametrize('scores', [[], [0.05]])
def test_frames_without_anyone_do_not_call_the_network(scores):
    tracker = OnlineMetaTracker()
    model = WithReID(MeanColor())
    img, boxes = frame_of([20][: len(scores)], [RED][: len(scores)])
    found = tracker.track(model, img, sample_of(0, boxes, scores), rescale=True)
    assert len(found) == 0
    assert found.bboxes.shape == (0, 4)
    assert found.instances_id.dtype == torch.int64
    assert model.reid.batches == []


def test_frame_zero_starts_a_new_video_with_its_frame_rate():
    tracker = OnlineMetaTracker(frame_rate=30)
    _, boxes = frame_of([20], [RED])
    for _ in range(2):
        found = tracker.track(data_sample=sample_of(0, boxes, frame_rate=14))
        assert found.instances_id.tolist() == [1]
        assert tracker.tracks.frame_rate == 14
        tracker.track(data_sample=sample_of(1, boxes))
    tracker.track(data_sample=sample_of(0, boxes))
    assert tracker.tracks.frame_rate == 30


def test_a_repeated_frame_is_refused():
    tracker = OnlineMetaTracker()
    _, boxes = frame_of([20], [RED])
    tracker.track(data_sample=sample_of(5, boxes))
    with pytest.raises(ValueError, match='frame_id 5 does not come after frame_id 5'):
        tracker.track(data_sample=sample_of(5, boxes))


def test_a_sample_without_a_frame_number_is_refused():
    sample = DetDataSample(metainfo={'img_id': 3})
    with pytest.raises(ValueError, match='no frame_id, only img_id'):
        OnlineMetaTracker().track(data_sample=sample)


def test_given_features_go_before_the_image():
    tracker = OnlineMetaTracker()
    model = WithReID(MeanColor())
    img, boxes = frame_of([20], [RED])
    tracker.track(model, img, sample_of(0, boxes), feats=torch.tensor([[0.0, 2.0]]))
    assert model.reid.batches == []
    assert tracker.appearance.memory.mean[0].tolist() == [0, 1]


def test_an_adaptable_network_is_bound_and_gives_the_inputs_of_its_layer():
    torch.manual_seed(0)
    head = {'type': 'MetaReIDHead', 'in_channels': 4, 'feat_channels': 3, 'num_classes': 2}
    reid = MetaReID(backbone=tiny_backbone(), head=head).eval()
    tracker = OnlineMetaTracker(reid={'img_scale': (40, 16)}, frame_rate=10)
    for frame in range(3):
        img, boxes = frame_of([20 + frame, 100], [RED, GREEN])
        found = tracker.track(WithReID(reid), img, sample_of(frame, boxes), rescale=True)
        assert found.instances_id.tolist() == [1, 2]
    assert tracker.head is reid.head
    assert tracker.adapter is not None
    with torch.no_grad():
        expected = reid.extract_crop_feats(
            torch.tensor(GREEN).view(1, 3, 1, 1).repeat(1, 1, 40, 16)
        )
    inner = tracker.appearance.memory.mean[1:2]
    torch.testing.assert_close(inner, expected, atol=0.05, rtol=0.05)
    assert not inner.requires_grad


def test_without_adaptation_embeddings_are_compared_as_they_are():
    torch.manual_seed(0)
    head = {'type': 'MetaReIDHead', 'in_channels': 4, 'feat_channels': 3, 'num_classes': 2}
    reid = MetaReID(backbone=tiny_backbone(), head=head).eval()
    tracker = OnlineMetaTracker(reid={'img_scale': (40, 16)}, adapt=False)
    img, boxes = frame_of([20], [RED])
    tracker.track(WithReID(reid), img, sample_of(0, boxes), rescale=True)
    assert tracker.head is None
    with torch.no_grad():
        embed = reid(torch.tensor(RED).view(1, 3, 1, 1).repeat(1, 1, 40, 16), mode='tensor')
    expected = torch.nn.functional.normalize(embed, dim=1)
    torch.testing.assert_close(tracker.appearance.memory.mean[:1], expected, atol=0.05, rtol=0.05)


# ---- the motion of the camera


def textured(shift):
    """An input that shows the same wall, ``shift`` pixels further to the right."""
    rng = torch.Generator().manual_seed(0)
    wall = torch.rand(1, 3, HEIGHT // 8, 64, generator=rng) * 255
    wall = torch.nn.functional.interpolate(wall, scale_factor=8, mode='bicubic')
    return wall[:, :, :, 100 - shift : 100 - shift + WIDTH].clamp(0, 255)


@pytest.mark.parametrize('rescale', [True, False])
def test_tracks_follow_the_camera_in_pixels_of_their_boxes(rescale):
    tracker = OnlineMetaTracker(camera_motion={}, stages=STRICT)
    factor = 1 if rescale else SCALE
    for frame, shift in enumerate((0, 0, 12, 12)):
        _, boxes = frame_of([100 + shift], [RED])
        sample = sample_of(frame, boxes * factor)
        found = tracker.track(None, textured(shift), sample, rescale=rescale)
        assert found.instances_id.tolist() == [1]
        # The input is not normalised here.
    assert tracker.camera.failures == 0


def test_a_camera_motion_in_the_data_sample_goes_before_the_image():
    tracker = OnlineMetaTracker(stages=STRICT)
    for frame, shift in enumerate((0, 40)):
        _, boxes = frame_of([20 + shift], [RED])
        motion = [[1, 0, shift / SCALE], [0, 1, 0]]
        found = tracker.track(data_sample=sample_of(frame, boxes, camera_motion=motion))
        assert found.instances_id.tolist() == [1]


# ---- inside the models of others


@MODELS.register_module()
class FixedDetections(nn.Module):
    """A detector that finds exactly the boxes it was given, in the original image."""

    def __init__(self):
        super().__init__()
        self.boxes = None

    def predict(self, img, data_samples, rescale=True):
        del img, rescale
        for sample in data_samples:
            boxes = self.boxes.pop(0)
            sample.pred_instances = sample_of(0, boxes).pred_instances
        return data_samples


@MODELS.register_module()
class MeanColorReID(MeanColor):
    pass


def video(frames, speed=8):
    images, boxes = zip(*(meeting(frame, speed) for frame in range(frames)), strict=True)
    return torch.stack([i[0] for i in images])[None], list(boxes)


def parts(with_reid=True):
    made = {
        'detector': {'type': 'mmmaml.FixedDetections'},
        'tracker': {'type': 'mmmaml.OnlineMetaTracker', 'frame_rate': 10},
    }
    return made | ({'reid': {'type': 'mmmaml.MeanColorReID'}} if with_reid else {})


def predictions(model, frames=21, speed=8):
    inputs, model.detector.boxes = video(frames, speed)
    track_sample = TrackDataSample()
    track_sample.video_data_samples = [
        sample_of(frame, torch.zeros(0, 4)) for frame in range(frames)
    ]
    with torch.no_grad():
        [result] = model.predict(inputs, [track_sample])
    return [result[i].pred_track_instances for i in range(frames)]


def test_mmdet_deepsort():
    found = predictions(DeepSORT(**parts()))
    assert [f.instances_id.tolist() for f in found] == [[1, 2]] * 21
    assert len(found[0].bboxes) == 2


def test_mmdet_bytetrack_tracks_by_motion():
    found = predictions(ByteTrack(**parts(with_reid=False)), frames=8, speed=3)
    assert [f.instances_id.tolist() for f in found] == [[1, 2]] * 8


def test_mmtrack_deepsort():
    pytest.importorskip('mmtrack')
    from mmtrack.models.mot import DeepSORT as NeighbourDeepSORT
    from mmtrack.structures import TrackDataSample as NeighbourSample

    model = NeighbourDeepSORT(**parts())
    inputs, model.detector.boxes = video(21)
    for frame in range(21):
        sample = NeighbourSample(metainfo=sample_of(frame, torch.zeros(0, 4)).metainfo)
        with torch.no_grad():
            [result] = model.predict({'img': inputs[:, frame : frame + 1]}, [sample])
        assert result.pred_track_instances.instances_id.tolist() == [1, 2]


def test_only_the_wanted_classes_are_tracked_and_looked_at():
    img, boxes = frame_of([20, 100], [RED, GREEN])
    reid = MeanColor()
    tracker = OnlineMetaTracker(classes=[1], reid={'img_scale': (20, 8)})
    for frame in range(2):
        sample = sample_of(frame, boxes)
        sample.pred_instances.labels = torch.tensor([0, 1])
        found = tracker.track(WithReID(reid), img, sample)
        assert found.bboxes.tolist() == boxes[1:].tolist()
        assert found.instances_id.tolist() == [1]
    assert reid.batches == [(1, 3, 20, 8)] * 2
    for wrong in ([], [-1], 0, 'person'):
        with pytest.raises(ValueError, match=r'classes=.* must be labels from 0 on, or None'):
            OnlineMetaTracker(classes=wrong)


def test_a_track_head_embeds_boxes_of_feature_maps():
    class TrackHead(nn.Module):
        def predict(self, maps, boxes):
            seen.append((maps, boxes[0]))
            return torch.tensor([RED, GREEN])

    seen, model = [], nn.Module()
    model.track_head, maps = TrackHead(), [torch.zeros(1, 2, 4, 4)]
    tracker = OnlineMetaTracker()
    img, boxes = frame_of([20, 100], [RED, GREEN])
    boxes = torch.cat([boxes, boxes[:1] + 50])
    tracker.track(model, img, sample_of(0, boxes, [0.9, 0.9, 0.2]), feats=maps)
    assert seen[0][0] is maps
    torch.testing.assert_close(seen[0][1], boxes[:2] * SCALE)  # pixels of the input
    expected = torch.nn.functional.normalize(torch.tensor([RED, GREEN]), dim=1)
    torch.testing.assert_close(tracker.appearance.memory.mean[:2], expected)
    assert tracker.head is None
