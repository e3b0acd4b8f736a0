import numpy as np
import pytest

from mmmaml.apis.frame_packer import FramePacker, single_sample
from mmmaml.apis.model_loading import load_config
from mmmaml.apis.sources import FrameSource
from tests.apis.small_model import DEMO


def test_a_sample_says_what_detector_and_tracker_ask_for() -> None:
    frame = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    source = FrameSource([frame] * 9, 'walk', num_frames=9)
    batch = FramePacker(load_config(DEMO)).pack(frame, 4, source, 3, 12.5)
    assert batch['inputs'][0].shape == (1, 3, 4, 6)
    np.testing.assert_array_equal(batch['inputs'][0][0].permute(1, 2, 0), frame)
    found = single_sample(batch['data_samples'][0]).metainfo
    expected = {
        'frame_id': 4,
        'frame_rate': 12.5,
        'img_path': 'walk/img1/000003.jpg',
        'ori_shape': (4, 6),
        'img_shape': (4, 6),
        'ori_video_length': 9,
    }
    assert {key: found[key] for key in expected} == expected


def test_the_pipeline_is_that_of_the_first_test_set() -> None:
    config = load_config(DEMO)
    dataset = config.test_dataloader.dataset
    config.test_dataloader.dataset = {'type': 'ConcatDataset', 'datasets': [dataset]}
    pipeline = FramePacker(config).pipeline
    assert type(pipeline.transforms[0].transforms.transforms[0]).__name__ == 'LoadImageFromNDArray'
    for loader in (None, {'dataset': {'pipeline': [{'type': 'mmdet.PackTrackInputs'}]}}):
        config.test_dataloader, config.val_dataloader = loader, None
        with pytest.raises(ValueError, match='has no test_dataloader whose pipeline loads images'):
            FramePacker(config)
