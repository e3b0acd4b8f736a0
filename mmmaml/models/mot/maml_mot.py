"""MAML-MOT: detector, meta-learned Re-ID and tracker in one model."""

from mmdet.models.mot import DeepSORT
from mmengine.logging import print_log
from torch import Tensor

from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample


@MODELS.register_module()
class MAMLMOT(DeepSORT):
    """Tracks frames and trains its Re-ID network on tasks.

    Tracking is that of mmdet's ``DeepSORT`` model: the detector finds boxes, the tracker cuts
    them out, embeds and associates them. Training passes tasks on to ``reid``; the detector is
    not part of it and stays frozen.

    Args:
        detector: Config of a detector, e.g. of mmdet or ``PublicDetector``.
        reid: Config of a :class:`~mmmaml.models.MetaReID`; None tracks by motion and overlap.
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
        if self.with_detector and any(True for _ in self.detector.parameters()):
            self.freeze_module('detector')
            print_log('MAMLMOT: the detector is frozen', logger='current')

    def train(self, mode: bool = True) -> 'MAMLMOT':
        """Set the training mode of all but the frozen detector."""
        super().train(mode)
        if self.with_detector:
            self.detector.eval()
        return self

    def loss(
        self, inputs: Tensor, data_samples: list[TaskDataSample], **kwargs: object
    ) -> dict[str, Tensor]:
        """Losses of the Re-ID network on tasks; see :meth:`MetaReID.loss`."""
        if not self.with_reid:
            raise ValueError("MAMLMOT without 'reid' has nothing to train on tasks")
        return self.reid.loss(inputs, data_samples)
