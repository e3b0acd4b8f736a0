"""A one-shot network small enough for a test, and frames and tasks for it."""

from typing import Any

import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models import OneShotDetector
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules

register_all_modules(init_default_scope=False)

IDENTITIES = 7


def one_shot_config(reid: dict | None = None, **options: Any) -> dict[str, Any]:
    """Config of a network of 7,000 parameters for images whose sides 8 divides."""
    head = {'in_channels': 6, 'feat_channels': 5, 'num_classes': IDENTITIES} | (reid or {})
    return {
        'type': 'mmmaml.OneShotDetector',
        'backbone': {
            'type': 'mmdet.ResNet',
            'depth': 18,
            'base_channels': 4,
            'num_stages': 2,
            'strides': (1, 2),
            'dilations': (1, 1),
            'out_indices': (0, 1),
            'norm_eval': False,
            'zero_init_residual': False,  # which would keep gradients from half the layers
        },
        'neck': {'type': 'mmmaml.DLAUp', 'in_channels': [4, 8], 'upsample_conv': 'plain'},
        'bbox_head': {'in_channels': 4, 'head_channels': 8, 'reid': head},
        **options,
    }


def small_detector(reid: dict | None = None, **options: Any) -> OneShotDetector:
    config = one_shot_config(reid, **options)
    config.pop('type')
    torch.manual_seed(0)
    model = OneShotDetector(**config)
    model.init_weights()
    return model


def frame_sample(boxes: list[list[float]], ids: list[int], **metainfo: Any) -> DetDataSample:
    sample = DetDataSample(metainfo=metainfo)
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor(boxes, dtype=torch.float32).view(-1, 4),
        labels=torch.zeros(len(boxes), dtype=torch.long),
        instances_ids=torch.tensor(ids, dtype=torch.long),
    )
    return sample


def frame_tasks(
    ways: int = 3, support: int = 2, query: int = 1, size: tuple[int, int] = (32, 48)
) -> tuple[Tensor, list[TaskDataSample]]:
    """Two tasks of frames; everybody has a box about their centre, as has a stranger."""
    gen = torch.Generator().manual_seed(1)
    frames = support + query
    inputs = torch.randn(2, frames, 3, *size, generator=gen)
    samples = []
    for _ in range(2):
        sample = TaskDataSample(metainfo={'num_support': support})
        sample.labels = torch.randperm(IDENTITIES, generator=gen)[:ways]
        limit = torch.tensor([size[1], size[0]]) - 1.0
        sample.centers = torch.rand(ways, frames, 2, generator=gen) * limit
        centers = sample.centers.transpose(0, 1).flatten(0, 1)
        stranger = torch.full((1, 2), 20.0)
        centers = torch.cat([centers, stranger])
        sample.gt_instances = InstanceData(
            bboxes=torch.cat([centers - 5, centers + 6], 1),
            labels=torch.zeros(len(centers), dtype=torch.long),
            instances_ids=torch.cat([sample.labels.repeat(frames), torch.tensor([-1])]),
            frames=torch.cat([torch.arange(frames).repeat_interleave(ways), torch.tensor([1])]),
        )
        samples.append(sample)
    return inputs, samples
