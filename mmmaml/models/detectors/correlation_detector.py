"""The one-shot network of CorrTracker, which remembers the frames before."""

import copy
from typing import Any

import torch
from mmdet.structures import DetDataSample
from torch import Tensor

from mmmaml.models.dense_heads.correlation_loss import CorrelationLoss, identity_map
from mmmaml.models.dense_heads.uncertainty_weights import UncertaintyWeight
from mmmaml.models.necks.local_correlation import (
    Correlated,
    LocalCorrelation,
    References,
    clip_references,
)
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .frame_memory import FrameMemory
from .one_shot_detector import OneShotDetector, boxes_of_tasks


@MODELS.register_module()
class CorrelationDetector(OneShotDetector):
    """A one-shot network whose neck correlates each frame with itself and with those before.

    In training, the frames of a task are such a clip in the order of the task, which is not that
    of the video: frames drawn before stand for those before it. A frame without a task has itself
    alone. In tracking, the network remembers the last frames of its video: a data
    sample with ``frame_id`` 0 begins another one, as one that does not come after the last frame.
    Without ``frame_id``, a frame has itself alone and is not remembered.

    Args:
        neck: Config of a :class:`LocalCorrelation`.
        correlation_loss: Options of :class:`CorrelationLoss`.
        correlation_weight: Start of the learned weight of that loss, see
            :class:`UncertaintyWeight`.
        **options: Of :class:`OneShotDetector`.

    Attributes:
        memory: Maps of the last frames.

    Raises:
        TypeError: The neck is another one.
    """

    neck: LocalCorrelation

    def __init__(
        self,
        backbone: dict,
        bbox_head: dict,
        neck: dict,
        correlation_loss: dict | None = None,
        correlation_weight: float = -1.05,
        **options: Any,
    ) -> None:
        super().__init__(backbone, bbox_head, neck, **options)
        if not isinstance(self.neck, LocalCorrelation):
            raise TypeError(
                f"CorrelationDetector needs neck=dict(type='LocalCorrelation', neck=...), got "
                f'{type(self.neck).__name__}: put it into it'
            )
        self.correlation_loss = CorrelationLoss(**(correlation_loss or {}))
        self.correlation_weight = UncertaintyWeight(correlation_weight)
        self.memory = FrameMemory(self.neck.memory)

    def loss(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample] | list[TaskDataSample],
    ) -> dict[str, Tensor]:
        """Compute the losses of :meth:`OneShotDetector.loss` and that of the correlations.

        Returns:
            Those, ``loss_correlation`` with its weight and, not part of the sum,
            ``correlation_ce``.
        """
        if isinstance(batch_data_samples[0], TaskDataSample):
            return super().loss(batch_inputs, batch_data_samples)
        correlated = self._correlate(batch_inputs, 1)
        boxes = [sample.gt_instances for sample in batch_data_samples]
        losses = self.bbox_head.loss(correlated.maps, batch_data_samples)
        counts = torch.tensor([len(each) for each in boxes], device=batch_inputs.device)
        return losses | self._correlation_losses(
            correlated,
            torch.cat([each.bboxes for each in boxes]),
            torch.arange(len(boxes), device=batch_inputs.device).repeat_interleave(counts),
            torch.cat([each.instances_ids for each in boxes]),
        )

    def _losses_of_tasks(
        self, inputs: Tensor, data_samples: list[TaskDataSample]
    ) -> dict[str, Tensor]:
        correlated = self._correlate(inputs.flatten(0, 1), inputs.shape[1])
        losses = self._losses_on_maps(correlated.maps, inputs, data_samples)
        return losses | self._correlation_losses(correlated, *boxes_of_tasks(inputs, data_samples))

    def _task_maps(self, inputs: Tensor) -> tuple[Tensor, ...]:
        return self._correlate(inputs.flatten(0, 1), inputs.shape[1]).maps

    def _correlate(self, frames: Tensor, length: int) -> Correlated:
        """Correlate frames (B·F, 3, H, W) of clips of F frames."""
        base = self.neck.base(self.backbone(frames))
        clips = len(base) // length
        return self.neck.correlate(base, clip_references(clips, length, self.neck.memory, base))

    def _correlation_losses(
        self, correlated: Correlated, bboxes: Tensor, images: Tensor, identities: Tensor
    ) -> dict[str, Tensor]:
        sizes = [each.shape[-2:] for each in correlated.volumes]
        batch, loss = len(correlated.maps[0]), self.correlation_loss
        labels = [
            identity_map(
                bboxes,
                images,
                identities,
                (batch, height, width),
                self.bbox_head.stride * 2**level,
                loss.middle,
            )
            for level, (height, width) in enumerate(sizes)
        ]
        with torch.autocast(bboxes.device.type, enabled=False):
            value, counted = loss(correlated.volumes, labels, *correlated.references)
        return {
            'loss_correlation': self.correlation_weight(value, counted),
            'correlation_ce': value.detach(),
        }

    # ---- inference

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """Detect the people of frames; those of a video come in their order, see the class."""
        maps = self._maps_in_video(batch_inputs, batch_data_samples)
        results = self.bbox_head.predict(maps, batch_data_samples, rescale=rescale)
        return self.add_pred_to_datasample(batch_data_samples, results)

    def _maps_in_video(
        self, inputs: Tensor, data_samples: list[DetDataSample]
    ) -> tuple[Tensor, ...]:
        maps = []
        for base, sample in zip(self.neck.base(self.backbone(inputs)), data_samples, strict=True):
            frame_id = sample.metainfo.get('frame_id')
            before = [] if frame_id is None else self.memory.before(int(frame_id))
            if before and before[-1].shape != base.shape:
                raise ValueError(
                    f'frame {frame_id} has maps of {tuple(base.shape[1:])} cells, and the one '
                    f'before of {tuple(before[-1].shape[1:])}: begin another video with frame_id '
                    '0, or resize all frames alike'
                )
            clip = torch.stack([*before, base])
            frames, valid = clip_references(1, len(clip), self.neck.memory, base)
            last = self.neck.correlate(clip, References(frames[-1:], valid[-1:]))
            maps.append(last.maps[0])
            if frame_id is not None:
                self.memory.add(int(frame_id), base)
        return (torch.cat(maps),)

    def of_another_video(self) -> 'CorrelationDetector':
        """Return one with the same weights and a memory of its own."""
        other = copy.copy(self)
        other.memory = FrameMemory(self.neck.memory)
        return other

    def video_state(self) -> dict[str, Any]:
        """Return what is known of the video, to go on in another process."""
        return self.memory.state_dict()

    def load_video_state(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`video_state`.

        Raises:
            ValueError: It has more frames than are remembered.
        """
        self.memory.load_state_dict(state, next(self.parameters()))
