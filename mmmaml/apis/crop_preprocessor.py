"""Normalisation of no more of a frame than the Re-ID network is shown."""

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.models import OnlineMetaTracker

from .given_detector import GivenDetector

if TYPE_CHECKING:
    from mmdet.models.data_preprocessors import TrackDataPreprocessor

_MOST = 0.5
"""Part of a frame from which on its boxes are normalised with all of it."""


class CropPreprocessor(nn.Module):
    """A model's data preprocessor, for frames of which only boxes are looked at.

    A frame of 1920×1080 has thirty times the pixels of the people in it, and normalising it takes
    longer than their embeddings. If the detections are known before and nothing but a Re-ID
    network sees the frame, only the pixels in their boxes are normalised; the others are 0. The
    features are the same to the last bit.

    Args:
        preprocessor: The model's.
        detector: Says which detections a frame has.
    """

    def __init__(self, preprocessor: 'TrackDataPreprocessor', detector: GivenDetector) -> None:
        super().__init__()
        self.preprocessor = preprocessor
        # Not as a module: it belongs to the model.
        self._detector = [detector]

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__('preprocessor'), name)

    @staticmethod
    def suits(model: Any) -> bool:
        """Return True if a frame of this model is seen by its detector and Re-ID network alone."""
        if 'mmdet.models' not in sys.modules:  # it is no model of MMDetection
            return False
        from mmdet.models.data_preprocessors import TrackDataPreprocessor
        from mmdet.models.mot import ByteTrack, DeepSORT

        from mmmaml.models import TaskDataPreprocessor

        forwards = TrackDataPreprocessor.forward, TaskDataPreprocessor.forward
        return (
            getattr(type(model), 'predict', None) in (DeepSORT.predict, ByteTrack.predict)
            and isinstance(model.tracker, OnlineMetaTracker)
            and model.tracker.camera is None
            and type(model.data_preprocessor).forward in forwards
        )

    def forward(self, data: dict, training: bool = False) -> dict:
        """Prepare a batch; see mmdet's ``TrackDataPreprocessor``."""
        frame = self._only_frame(data)
        if training or frame is None:
            return self.preprocessor(data, training)
        sample = data['data_samples'][0][0]
        dets = self._detector[0].look_up(sample)
        if dets is None:
            return self.preprocessor(data, training)
        boxes = _pixels(dets, sample.metainfo, frame)
        area = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1).sum()
        if area > _MOST * frame.shape[-1] * frame.shape[-2]:
            return self.preprocessor(data, training)
        return self._prepare(data, frame, boxes)

    def _only_frame(self, data: dict) -> Tensor | None:
        """Return the frame (1, 3, H, W) of a batch of one, None of other batches."""
        inputs = data['inputs']
        if len(inputs) != 1 or inputs[0].ndim != 4 or len(inputs[0]) != 1:
            return None
        divisor = self.preprocessor.pad_size_divisor
        height, width = inputs[0].shape[-2:]
        return None if height % divisor or width % divisor else inputs[0]

    def _prepare(self, data: dict, frame: Tensor, boxes: Tensor) -> dict:
        samples = self.preprocessor.cast_data(data['data_samples'])
        frame = self.preprocessor.cast_data(frame)
        image = _zeros((1, *frame.shape), frame.device)
        for left, top, right, bottom in boxes.tolist():
            if left < right and top < bottom:
                window = (..., slice(top, bottom), slice(left, right))
                image[window] = self._normalized(frame[window])
        shape = tuple(frame.shape[-2:])
        samples[0][0].set_metainfo({'batch_input_shape': shape, 'pad_shape': shape})
        return {'inputs': image, 'data_samples': samples}

    def _normalized(self, part: Tensor) -> Tensor:
        """Return a part of a frame (1, 3, h, w) as mmdet's class prepares the whole."""
        preprocessor = self.preprocessor
        if preprocessor._channel_conversion:
            part = part.flip(1)
        part = part.float()
        if preprocessor._enable_normalize:
            part = (part - preprocessor.mean) / preprocessor.std
        return part


def _zeros(shape: tuple[int, ...], device: torch.device) -> Tensor:
    if device.type != 'cpu':
        return torch.zeros(shape, device=device)
    return torch.from_numpy(np.zeros(shape, np.float32))  # fills no page before it is touched


def _pixels(dets: InstanceData, metainfo: dict, frame: Tensor) -> Tensor:
    """Return the pixels (N, 4) int64 that bilinear sampling of boxes can touch, ends exclusive."""
    x, y = metainfo.get('scale_factor', (1.0, 1.0))[:2]
    top, _, left, _ = metainfo.get('pad_param', (0, 0, 0, 0))
    boxes = dets.bboxes.detach().cpu().double()
    boxes = boxes * boxes.new_tensor([x, y, x, y]) + boxes.new_tensor([left, top, left, top])
    height, width = frame.shape[-2:]
    limit = boxes.new_tensor([width, height])
    # A box outside is cut at the border, at least a pixel wide: see crop_and_resize.
    low = torch.minimum(boxes[:, :2].clamp(min=0), limit - 1)
    high = torch.minimum(torch.maximum(boxes[:, 2:], low + 1), limit)
    low, high = (low - 2).floor().clamp(min=0), torch.minimum((high + 3).ceil(), limit)
    return torch.cat([low, high], dim=1).long()
