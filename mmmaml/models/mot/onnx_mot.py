"""Detector, Re-ID network and tracker on frames as they are read."""

from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS


@MODELS.register_module()
class OnnxMOT(BaseModel):
    """A tracking model without training and without MMDetection.

    Its parts see frames in uint8, in their own pixels, so that each resizes and normalises once.
    :class:`~mmmaml.apis.MOTInferencer` tracks with it, and ``tools/track.py``.

    Args:
        detector: Config of an :class:`~mmmaml.models.OnnxDetector` or a
            :class:`~mmmaml.models.PublicDetector`.
        tracker: Config of an :class:`~mmmaml.models.OnlineMetaTracker`.
        reid: Config of an :class:`~mmmaml.models.OnnxReID`; None tracks by motion and overlap.

    Attributes:
        takes_frames: Frames go in as they are, without a test pipeline.

    Raises:
        ValueError: The tracker is another one.
    """

    takes_frames = True

    def __init__(self, detector: dict, tracker: dict, reid: dict | None = None) -> None:
        super().__init__()
        self.detector = MODELS.build(detector)
        self.reid = None if reid is None else MODELS.build(reid)
        self.tracker = MODELS.build(tracker)
        if not isinstance(self.tracker, OnlineMetaTracker):
            raise ValueError(
                f'OnnxMOT tracks with OnlineMetaTracker, got {type(self.tracker).__name__}: use a '
                'MOT model of MMDetection with OnnxDetector and OnnxReID for others'
            )
        self.is_init = True  # all weights are in the files

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: frames go through :meth:`test_step`."""
        raise NotImplementedError('OnnxMOT tracks frame by frame, by test_step')

    @torch.no_grad()
    def test_step(self, data: dict[str, Any]) -> list[BaseDataElement]:
        """Track a frame.

        Args:
            data: ``inputs``: the frame (H, W, 3) uint8, blue, green, red; ``data_samples``: a list
                of one sample with ``frame_id`` in its metainfo, 0 for the first frame of a video,
                and perhaps ``frame_rate``.

        Returns:
            The sample, with ``pred_track_instances``.
        """
        frame: np.ndarray = data['inputs']
        image = torch.from_numpy(frame).permute(2, 0, 1)[None]
        sample = self.detector.predict(image, data['data_samples'])[0]
        dets, number = sample.pred_instances, int(sample.metainfo['frame_id'])
        self.tracker.bind(self.tracker.features.head(self, None)[1])
        if number == 0:
            self.tracker.reset(sample.metainfo.get('frame_rate'))
        seen = None if self.tracker.camera is None else frame
        feats = self._embed(image, dets)
        ids = self.tracker.step(
            number, dets.bboxes, dets.scores, dets.labels, feats, image=seen
        )
        reported = ids >= 0
        sample.pred_track_instances = InstanceData(
            bboxes=dets.bboxes[reported],
            labels=dets.labels[reported],
            scores=dets.scores[reported],
            instances_id=ids[reported],
        )
        return [sample]

    def _embed(self, image: Tensor, dets: InstanceData) -> Tensor | None:
        """Return features (N, D) of N detections; zeros of those too weak to be compared."""
        if self.reid is None:
            return None
        options = self.tracker.options.detections
        wanted = dets.scores >= options.score_thr
        if options.classes is not None:
            wanted &= torch.isin(dets.labels, dets.labels.new_tensor(options.classes))
        if not wanted.any():
            return None
        some = self.reid.embed(image, dets.bboxes[wanted])
        feats = some.new_zeros(len(wanted), some.shape[1])
        feats[wanted.to(feats.device)] = some
        return feats
