"""Collation of tasks, and of frames where a model trains on tasks and tests on frames."""

import torch
from mmdet.models.data_preprocessors import TrackDataPreprocessor

from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample


@MODELS.register_module()
class TaskDataPreprocessor(TrackDataPreprocessor):
    """mmdet's ``TrackDataPreprocessor`` that takes tasks, too.

    Tasks (N, k + q, 3, H, W) become a normalised batch (B, N, k + q, 3, H, W); frames of videos
    are treated as mmdet does. One mean, one standard deviation and one channel order for both is
    what keeps crops at training and tracking alike. For its arguments see mmdet's class.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Stack, reorder channels and normalise a batch; see mmdet's class for frames."""
        samples = data.get('data_samples')
        if not samples or not isinstance(samples[0], TaskDataSample):
            return super().forward(data, training)
        data = self.cast_data(data)
        inputs = torch.stack(list(data['inputs']))
        if self._channel_conversion:
            inputs = inputs.flip(-3)
        inputs = inputs.float()
        if self._enable_normalize:
            inputs = (inputs - self.mean) / self.std
        return {'inputs': inputs, 'data_samples': data['data_samples']}
