"""The network of the paper, which detects people and tells them apart in one pass."""

import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.structures import DetDataSample
from torch import Tensor

from mmmaml.models.dense_heads import OneShotHead
from mmmaml.models.graph import GraphNetwork
from mmmaml.models.reid import MetaLearner, MetaReIDHead, stack_centers
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample


@MODELS.register_module()
class OneShotDetector(MetaLearner, SingleStageDetector):
    """Backbone, neck and a :class:`OneShotHead` on one map of the frame.

    A detector of mmdet whose detections carry features, which the tracker embeds and adapts. It
    trains on single frames (joint training of detection and identification) and on tasks of
    frames (meta-training of identification): the kind of the data samples decides.

    Args:
        backbone: Config of the backbone.
        neck: Config of a neck; its first map counts.
        bbox_head: Config of a :class:`OneShotHead`.
        task_detection_loss: Let the frames of tasks train detection, too. Without, meta-training
            leaves heatmap, boxes and offsets alone, and they drift from a trunk that changes.
        train_cfg: Handed to the head.
        test_cfg: Handed to the head: ``score_thr`` and ``max_per_img``.
        data_preprocessor: Config of a data preprocessor for tasks and frames.
        init_cfg: Initialisation as in MMEngine.
    """

    bbox_head: OneShotHead

    def __init__(
        self,
        backbone: dict,
        bbox_head: dict,
        neck: dict | None = None,
        task_detection_loss: bool = False,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if data_preprocessor is not None:
            data_preprocessor = {'type': 'mmmaml.TaskDataPreprocessor', **data_preprocessor}
        super().__init__(
            backbone,
            neck,
            {'type': 'mmmaml.OneShotHead', **bbox_head},
            train_cfg,
            test_cfg,
            data_preprocessor,
            init_cfg,
        )
        self.task_detection_loss = task_detection_loss

    @property
    def reid_head(self) -> MetaReIDHead:
        """The head whose last layer adapts."""
        return self.bbox_head.reid

    @property
    def graph(self) -> GraphNetwork | None:
        """The network of the head that joins tracks and detections; None if it has none."""
        return getattr(self.bbox_head, 'graph', None)

    def extract_task_feats(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        """Extract features (B, N, F, C) of tasks of frames, in one pass of the trunk.

        Args:
            inputs: (B, F, 3, H, W).
            centers: (B, N, F, 2) x, y in pixels of the input.
        """
        return self._at_centers(self._task_maps(inputs), centers)

    def loss(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample] | list[TaskDataSample],
    ) -> dict[str, Tensor]:
        """Compute the losses of frames or of tasks.

        Args:
            batch_inputs: Frames (B, 3, H, W), or tasks (B, F, 3, H, W).
            batch_data_samples: ``DetDataSample`` for frames, see :meth:`OneShotHead.loss`;
                ``TaskDataSample`` for tasks, see :meth:`MetaLearner.task_losses`.
        """
        if isinstance(batch_data_samples[0], TaskDataSample):
            return self._losses_of_tasks(batch_inputs, batch_data_samples)
        return super().loss(batch_inputs, batch_data_samples)

    def _losses_of_tasks(
        self, inputs: Tensor, data_samples: list[TaskDataSample]
    ) -> dict[str, Tensor]:
        return self._losses_on_maps(self._task_maps(inputs), inputs, data_samples)

    def _losses_on_maps(
        self, maps: tuple[Tensor, ...], inputs: Tensor, data_samples: list[TaskDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of tasks whose maps are known."""
        feats = self._at_centers(maps, stack_centers(data_samples))
        losses = self.task_losses(inputs, data_samples, feats)
        if not self.task_detection_loss:
            # DDP asks for every parameter.
            idle = sum(parameter.sum() for parameter in self.bbox_head.detection_parameters())
            losses['loss_plain'] = losses['loss_plain'] + 0 * idle
            return losses
        targets = self.bbox_head.encode(maps, *boxes_of_tasks(inputs, data_samples))
        anybody = torch.stack([sample.labels for sample in data_samples]).ge(0).any()
        identity = {name: value for name, value in losses.items() if 'loss' in name}
        detection = self.bbox_head.task_detection_losses(maps, targets, data_samples)
        return losses | self.bbox_head.weighted_losses(detection, identity, anybody)

    def _task_maps(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute the maps of the neck of the B·F frames of tasks."""
        return self.extract_feat(inputs.flatten(0, 1))

    def _at_centers(self, maps: tuple[Tensor, ...], centers: Tensor | None) -> Tensor:
        if centers is None:
            raise ValueError(
                'OneShotDetector learns from tasks of frames, whose data samples have centers; '
                'these have none: wrap a dataset of frames in EpisodicDataset, or train MetaReID '
                'on tasks of crops'
            )
        by_frame = centers.transpose(1, 2).flatten(0, 1)
        feats = self.bbox_head.features_at(maps, by_frame)
        return feats.unflatten(0, (len(centers), -1)).transpose(1, 2)


def boxes_of_tasks(
    inputs: Tensor, data_samples: list[TaskDataSample]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes (n, 4), rows (n,) of the B·F frames and identities (n,) of B tasks."""
    boxes, frames = [sample.gt_instances for sample in data_samples], inputs.shape[1]
    return (
        torch.cat([each.bboxes for each in boxes]),
        torch.cat([each.frames + i * frames for i, each in enumerate(boxes)]),
        torch.cat([each.instances_ids for each in boxes]),
    )
