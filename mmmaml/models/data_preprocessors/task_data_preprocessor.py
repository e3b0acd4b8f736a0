"""Collation of tasks, and of frames to train a detector on or to track."""

import torch
from mmdet.models.data_preprocessors import TrackDataPreprocessor
from mmdet.models.utils.misc import samplelist_boxtype2tensor
from mmdet.structures import DetDataSample
from torch import Tensor

from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

CROP_DIMS = 6
"""Dimensions of a batch of tasks of crops."""


@MODELS.register_module()
class TaskDataPreprocessor(TrackDataPreprocessor):
    """mmdet's ``TrackDataPreprocessor`` that takes tasks and single frames, too.

    Tasks of crops (N, k + q, 3, H, W) become a normalised batch (B, N, k + q, 3, H, W), tasks of
    frames (k + q, 3, H, W) one of (B, k + q, 3, H, W), frames with a ``DetDataSample`` each
    (3, H, W) one of (B, 3, H, W). Frames of videos are treated as mmdet does. One mean, one
    standard deviation and one channel order for all is what keeps training and tracking alike.
    For its arguments see mmdet's class.

    Raises:
        ValueError: Images of a batch differ in shape.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Stack, reorder channels and normalise a batch; see mmdet's class for videos."""
        samples = data.get('data_samples')
        if not samples or not isinstance(samples[0], TaskDataSample | DetDataSample):
            return super().forward(data, training)
        data = self.cast_data(data)
        inputs = self._normalized(list(data['inputs']))
        if isinstance(samples[0], DetDataSample):
            for sample in data['data_samples']:
                shape = tuple(inputs.shape[-2:])
                sample.set_metainfo({'batch_input_shape': shape, 'pad_shape': shape})
            samplelist_boxtype2tensor(data['data_samples'])
        return {'inputs': inputs, 'data_samples': data['data_samples']}

    def keep_frame(self, data: dict) -> dict:
        """Prepare a batch as it is read, for models that look at no more than boxes of it.

        Args:
            data: A batch of one clip of frames of one size, uint8.

        Returns:
            ``inputs`` (1, T, 3, H, W) uint8, blue, green, red, and ``data_samples``.
        """
        data = self.cast_data(data)
        inputs = data['inputs'][0][None]
        shape = tuple(inputs.shape[-2:])
        for sample in data['data_samples'][0]:
            sample.set_metainfo({'batch_input_shape': shape, 'pad_shape': shape})
        return {'inputs': inputs, 'data_samples': data['data_samples']}

    def _normalized(self, images: list[Tensor]) -> Tensor:
        shapes = {tuple(image.shape) for image in images}
        if len(shapes) > 1:
            raise ValueError(
                f'images of a batch differ in shape: {sorted(shapes)}; resize them in the '
                'pipeline, frames with LetterboxFrame'
            )
        inputs = torch.stack(images)
        if self._channel_conversion:
            inputs = inputs.flip(-3)
        inputs = inputs.float()
        if self._enable_normalize:
            # mmdet's statistics are (1, 3, 1, 1).
            inputs = (inputs - self.mean) / self.std
        if inputs.ndim == CROP_DIMS and inputs.device.type == 'cpu':
            inputs = _channels_last(inputs)
        return inputs


def _channels_last(images: Tensor) -> Tensor:
    """Lay out images (..., 3, H, W) in memory pixel by pixel; their shape stays.

    Layers on a CPU compute in this order, and would else bring the input of each of them into it.
    """
    return images.movedim(-3, -1).contiguous().movedim(-1, -3)
