"""Crops of a frame as it was read are those of the normalised frame."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models import TaskDataPreprocessor
from mmmaml.models.trackers.model_inputs.model_frame import ModelFrame
from mmmaml.models.trackers.motion.camera_motion import CameraMotion

HEIGHT, WIDTH = 120, 160
EDGES = st.floats(-60, 220, allow_nan=False)
SIZES = st.floats(0.5, 90)
OWN = {'mean': [100.0, 110, 120], 'std': [50.0, 60, 70], 'to_rgb': True}


def frames(seed: int, options: dict) -> tuple[ModelFrame, ModelFrame]:
    """A frame as it was read, and as the data preprocessor normalises it."""
    rng = np.random.default_rng(seed)
    raw = torch.from_numpy(rng.integers(0, 256, (1, 3, HEIGHT, WIDTH), dtype=np.uint8))
    image = raw.flip(1) if options.get('bgr_to_rgb') else raw
    mean, std = (torch.tensor(options[key]).view(-1, 1, 1) for key in ('mean', 'std'))
    metainfo = {'img_shape': (HEIGHT, WIDTH)}
    normalised = (image.float() - mean) / std
    return tuple(ModelFrame(each, metainfo, options, True) for each in (raw, normalised))


def crops(frame: ModelFrame, boxes: Tensor, img_norm_cfg: dict | None) -> Tensor | None:
    """Return the pixels that a Re-ID network is shown, as one vector a box."""
    dets = InstanceData(bboxes=boxes)
    options = {'img_scale': (16, 8), 'img_norm_cfg': img_norm_cfg}
    wanted = torch.ones(len(boxes), dtype=torch.bool)
    return frame.features(lambda crops, mode: crops, dets, wanted, options, False)


@settings(max_examples=40, deadline=None)
@given(
    boxes=st.lists(st.tuples(EDGES, EDGES, SIZES, SIZES), min_size=1, max_size=5),
    swap=st.booleans(),
    own=st.sampled_from([None, OWN]),
    seed=st.integers(0, 9),
)
def test_the_network_is_shown_the_same_pixels(boxes, swap, own, seed) -> None:
    """Boxes anywhere: across the border, beyond it, less than a pixel."""
    options = {'mean': [12.0, 30, 50], 'std': [58.0, 57, 56], 'bgr_to_rgb': swap}
    table = torch.tensor([(x, y, x + w, y + h) for x, y, w, h in boxes])
    raw, normalised = (crops(each, table, own) for each in frames(seed, options))
    torch.testing.assert_close(raw, normalised, atol=2e-4, rtol=1e-5)


def test_without_statistics_pixels_stay_as_they_are() -> None:
    options = {'mean': [0.0] * 3, 'std': [1.0] * 3}
    raw, plain = frames(0, options)
    raw = ModelFrame(raw.img, raw.metainfo, {}, True)
    box = torch.tensor([[20.0, 30, 60, 90]])
    torch.testing.assert_close(crops(raw, box, None), crops(plain, box, None), atol=1e-3, rtol=0)


def test_padding_is_not_seen() -> None:
    """A box beyond the picture is cut at its border, not at that of the padding."""
    raw, normalised = frames(1, {'mean': [0.0] * 3, 'std': [1.0] * 3})
    metainfo = {'img_shape': (HEIGHT - 20, WIDTH - 40)}
    box = torch.tensor([[90.0, 60, WIDTH, HEIGHT]])
    pair = [
        crops(ModelFrame(each.img, metainfo, each.data_preprocessor, True), box, None)
        for each in (raw, normalised)
    ]
    torch.testing.assert_close(*pair, atol=1e-3, rtol=0)


@pytest.mark.parametrize('swap', [False, True])
def test_the_camera_sees_the_same_grey_frame(swap, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(
        CameraMotion, 'estimate', lambda self, grey, boxes: seen.append(grey) or np.eye(2, 3)
    )
    options = {'mean': [12.0, 30, 50], 'std': [58.0, 57, 56], 'bgr_to_rgb': swap}
    for frame in frames(2, options):
        frame.camera_motion(CameraMotion(), torch.zeros(0, 4))
    assert np.abs(seen[0].astype(int) - seen[1]).max() <= 1  # half a level may round either way


def test_a_clip_is_kept_as_it_is_read() -> None:
    from mmdet.structures import DetDataSample, TrackDataSample

    clip = torch.randint(256, (1, 3, 10, 12), dtype=torch.uint8)
    sample = TrackDataSample()
    sample.video_data_samples = [DetDataSample(metainfo={'frame_id': 0})]
    kept = TaskDataPreprocessor(mean=[1.0] * 3, std=[2.0] * 3).keep_frame(
        {'inputs': [clip], 'data_samples': [sample]}
    )
    assert torch.equal(kept['inputs'], clip[None])
    assert kept['data_samples'][0][0].metainfo['batch_input_shape'] == (10, 12)
