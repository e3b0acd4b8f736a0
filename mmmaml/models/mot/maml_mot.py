"""MAML-MOT: detector, meta-learned Re-ID and tracker in one model."""

import torch
from mmdet.models.mot import DeepSORT
from mmdet.structures import DetDataSample
from mmengine.logging import print_log
from torch import Tensor

from mmmaml.models.data_preprocessors import TaskDataPreprocessor
from mmmaml.models.reid import MetaLearner
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample


@MODELS.register_module()
class MAMLMOT(DeepSORT):
    """A model that tracks frames, and trains on tasks the part that tells people apart.

    Tracking is that of mmdet's ``DeepSORT`` model: the detector finds boxes, the tracker has
    their features and associates them. Either a Re-ID network computes features of what the
    tracker cuts out, or a one-shot detector gives them with its boxes. The one that gives them
    is what trains; a detector beside a Re-ID network stays frozen.

    Args:
        detector: Config of a detector, e.g. of mmdet, ``PublicDetector`` or ``OneShotDetector``.
        reid: Config of a :class:`~mmmaml.models.MetaReID`. None takes the features of a one-shot
            detector, or tracks the boxes of another by motion and overlap.
        tracker: Config of a tracker.
        data_preprocessor: Config of a :class:`~mmmaml.models.TaskDataPreprocessor`.
        init_cfg: Initialisation as in MMEngine.
    """

    def __init__(
        self,
        detector: dict | None = None,
        reid: dict | None = None,
        tracker: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(detector, reid, tracker, data_preprocessor, init_cfg)
        if self._detector_is_frozen() and any(True for _ in self.detector.parameters()):
            self.freeze_module('detector')
            print_log('MAMLMOT: the detector is frozen', logger='current')

    def _detector_is_frozen(self) -> bool:
        one_shot = not self.with_reid and isinstance(self.detector, MetaLearner)
        return self.with_detector and not one_shot

    def train(self, mode: bool = True) -> 'MAMLMOT':
        """Set the training mode of all but a frozen detector."""
        super().train(mode)
        if self._detector_is_frozen():
            self.detector.eval()
        return self

    @property
    def sees_only_boxes(self) -> bool:
        """True if no network sees a whole frame: detections are given, and boxes cut out."""
        return (
            not getattr(self.detector, 'sees_frames', True)
            and isinstance(self.tracker, OnlineMetaTracker)
            and isinstance(self.data_preprocessor, TaskDataPreprocessor)
        )

    def test_step(self, data: dict) -> list:
        """Track frames; those that no network sees as a whole are not normalised as such.

        In 1920×1080 pixels people are a thirtieth, and normalising all takes longer than to
        embed them.
        """
        frames = data['inputs']
        one_clip = len(frames) == 1 and frames[0].ndim == 4 and frames[0].dtype == torch.uint8
        if one_clip and self.sees_only_boxes:
            data = self.data_preprocessor.keep_frame(data)
        else:
            data = self.data_preprocessor(data, False)
        return self._run_forward(data, mode='predict')

    val_step = test_step

    def loss(
        self,
        inputs: Tensor,
        data_samples: list[TaskDataSample] | list[DetDataSample],
        **kwargs: object,
    ) -> dict[str, Tensor]:
        """Compute the losses of :meth:`MetaReID.loss` or :meth:`OneShotDetector.loss`."""
        if self.with_reid:
            return self.reid.loss(inputs, data_samples)
        if self._detector_is_frozen() or not self.with_detector:
            raise ValueError(
                "MAMLMOT without 'reid' has nothing to train on tasks unless its detector is a "
                'OneShotDetector'
            )
        return self.detector.loss(inputs, data_samples)
