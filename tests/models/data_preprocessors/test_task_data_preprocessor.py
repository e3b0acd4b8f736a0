"""All that is trained on or tracked is normalised alike."""

import pytest
import torch
from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.structures import DetDataSample, TrackDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData

from mmmaml.models import TaskDataPreprocessor
from mmmaml.structures import TaskDataSample

STATISTICS = {'mean': [10.0, 20.0, 30.0], 'std': [2.0, 4.0, 5.0], 'bgr_to_rgb': True}


def reference(images):
    """(..., 3, H, W) blue, green, red, by hand."""
    mean, std = (torch.tensor(STATISTICS[key])[:, None, None] for key in ('mean', 'std'))
    return (images[..., [2, 1, 0], :, :].float() - mean) / std


def images(*shape):
    return torch.randint(256, shape, dtype=torch.uint8)


def frame():
    sample = DetDataSample()
    sample.gt_instances = InstanceData(bboxes=HorizontalBoxes(torch.ones(2, 4)))
    sample.ignored_instances = InstanceData()
    return sample


@pytest.mark.parametrize('shape', [(2, 5, 3, 8, 4), (5, 3, 8, 4)], ids=['crops', 'frames'])
def test_tasks(shape):
    batch = images(2, *shape)
    data = {'inputs': list(batch), 'data_samples': [TaskDataSample(), TaskDataSample()]}
    out = TaskDataPreprocessor(**STATISTICS)(data, training=True)
    torch.testing.assert_close(out['inputs'], reference(batch))


def test_single_frames_as_by_mmdet():
    batch = images(3, 3, 8, 4)
    ours, theirs = (
        build(**STATISTICS)(
            {'inputs': list(batch), 'data_samples': [frame() for _ in batch]}, training=True
        )
        for build in (TaskDataPreprocessor, DetDataPreprocessor)
    )
    torch.testing.assert_close(ours['inputs'], theirs['inputs'])
    for mine, sample in zip(ours['data_samples'], theirs['data_samples'], strict=True):
        assert mine.batch_input_shape == sample.batch_input_shape == (8, 4)
        assert type(mine.gt_instances.bboxes) is type(sample.gt_instances.bboxes) is torch.Tensor


def test_videos_as_by_mmdet():
    batch = images(1, 2, 3, 8, 4)
    sample = TrackDataSample(video_data_samples=[DetDataSample(), DetDataSample()])
    out = TaskDataPreprocessor(**STATISTICS)({'inputs': list(batch), 'data_samples': [sample]})
    torch.testing.assert_close(out['inputs'], reference(batch))


def test_frames_of_different_shapes_are_refused():
    data = {'inputs': [images(3, 8, 4), images(3, 8, 6)], 'data_samples': [frame(), frame()]}
    with pytest.raises(ValueError, match=r'\(3, 8, 4\), \(3, 8, 6\)\]; .* LetterboxFrame'):
        TaskDataPreprocessor(**STATISTICS)(data, training=True)
