"""Frames in memory as a model's data loader would give them."""

import importlib
from typing import Any

import numpy as np
from mmengine import DefaultScope
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.structures import BaseDataElement

from .sources import FrameSource


class RawFramePacker:
    """Hands on frames in memory as they are, for models without a test pipeline."""

    def pack(
        self,
        frame: np.ndarray,
        number: int,
        source: FrameSource,
        count: int,
        frame_rate: float | None,
    ) -> dict[str, Any]:
        """Make a batch of one frame; see :meth:`FramePacker.pack`."""
        info = {
            **_info(number, source, count, frame_rate),
            'ori_shape': frame.shape[:2],
            'img_shape': frame.shape[:2],
            'scale_factor': (1.0, 1.0),
        }
        return {'inputs': frame, 'data_samples': [BaseDataElement(metainfo=info)]}


class FramePacker:
    """Runs the test pipeline of a config on frames in memory.

    Args:
        config: Config with a ``test_dataloader``, or else a ``val_dataloader``. Its transforms
            that load images take frames from memory, those that load annotations are left out.

    Attributes:
        pipeline: The pipeline.

    Raises:
        ValueError: The config has no such pipeline, or that loads no image.
    """

    def __init__(self, config: Config) -> None:
        loader = config.get('test_dataloader') or config.get('val_dataloader') or {}
        dataset = loader.get('dataset') or {}
        while 'pipeline' not in dataset and ('dataset' in dataset or 'datasets' in dataset):
            dataset = dataset.get('dataset') or dataset['datasets'][0]
        steps = _without_files(dataset.get('pipeline') or [])
        if 'LoadImageFromNDArray' not in str(steps):
            raise ValueError(
                f'config {config.filename} has no test_dataloader whose pipeline loads images, so '
                'it is not known how its model wants frames'
            )
        # mmdet's pipelines take the frames of a clip, mmtrack's one frame.
        self._listed = any(_name(step) == 'TransformBroadcaster' for step in steps)
        importlib.import_module('mmcv.transforms')  # to be found in MMEngine's own registry
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmmaml')):
            self.pipeline = Compose(steps)

    def pack(
        self,
        frame: np.ndarray,
        number: int,
        source: FrameSource,
        count: int,
        frame_rate: float | None,
    ) -> dict[str, Any]:
        """Make a batch of one frame.

        Args:
            frame: (H, W, 3) uint8, blue, green, red.
            number: Of the frame on the tracker's clock, from 0.
            source: Of the frame.
            count: Which frame of the source it is, from 1.
            frame_rate: Frames per second; None leaves it to the tracker.
        """
        info = _info(number, source, count, frame_rate)
        inputs = {**info, 'img': frame, 'instances': []}
        packed = self.pipeline({k: [v] if self._listed else v for k, v in inputs.items()})
        # Whatever meta_keys the pipeline packs, detector and tracker need these.
        single_sample(packed['data_samples']).set_metainfo(info)
        return pseudo_collate([packed])


def _info(
    number: int, source: FrameSource, count: int, frame_rate: float | None
) -> dict[str, Any]:
    """Return what detector and tracker want to know of a frame, the numbers of a batch of one."""
    info: dict[str, Any] = {
        'img_id': number + 1,
        'frame_id': number,
        'video_id': 0,
        'video_length': 1,
        'img_path': str(source.image_path(count)),
    }
    if source.num_frames is not None:
        info['ori_video_length'] = source.num_frames
    if frame_rate is not None:
        info['frame_rate'] = frame_rate
    return info


def single_sample(sample: Any) -> BaseDataElement:
    """Return the sample of the only frame: of a clip in mmdet, itself in mmtrack."""
    return sample[0] if hasattr(sample, 'video_data_samples') else sample


def _without_files(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return transforms with frames from memory instead of files, without ground truth."""
    kept = []
    for step in steps:
        name = _name(step)
        if name.startswith('Load') and 'Annotations' in name:
            continue
        if name.startswith('Load'):
            step = {'type': 'mmdet.LoadImageFromNDArray'}
        elif 'transforms' in step:
            step = {**step, 'transforms': _without_files(step['transforms'])}
        kept.append(step)
    return kept


def _name(step: dict[str, Any]) -> str:
    kind = step['type']
    return kind.split('.')[-1] if isinstance(kind, str) else kind.__name__
