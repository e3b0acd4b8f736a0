"""Trackers of MMDetection and MMTracking on our Re-ID network."""

from types import SimpleNamespace
from typing import Any

import torch.nn.functional as F
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.registry import MODELS

from .model_inputs.reid_features import extract_features


@MODELS.register_module()
class PeerTracker:
    """A tracker of MMDetection or MMTracking, given all that it asks of its model.

    Its DeepSORT compares embeddings by their distance and StrongSORT wants the model's estimate
    of camera motion; QDTrack wants a track head that embeds boxes of the detector's feature maps.
    All three get here what our Re-ID network says of the same boxes, as vectors of one length,
    which is what it was trained to compare; so they can be compared with other trackers on the
    same detections and embeddings. Trackers of MMDetection that use boxes alone need no such
    help; all of MMTracking do, as they find their motion model and their detections elsewhere.

    Args:
        tracker: Config of the tracker, e.g. ``dict(type='mmdet.QuasiDenseTracker', ...)``.
        reid: ``img_scale`` (h, w), the input size of the Re-ID network, for QDTrack; the others
            have their own option.
        cmc: Config of the ``CameraMotionCompensation`` of the same package, for StrongSORT.
        embed_length: Length of all embeddings. QDTrack takes a softmax over products of two of
            them: the larger, the surer it is.
        motion: Config of the motion model that MMTracking's trackers ask for, e.g.
            ``dict(type='mmtrack.KalmanFilter')``; those of MMDetection bring their own.

    Attributes:
        tracker: The tracker.
    """

    def __init__(
        self,
        tracker: dict,
        reid: dict | None = None,
        cmc: dict | None = None,
        embed_length: float = 1.0,
        motion: dict | None = None,
    ) -> None:
        from mmdet.registry import TASK_UTILS  # of whoever has a tracker of theirs

        self.tracker = MODELS.build(tracker)
        self.reid = {'img_scale': (256, 128), **(reid or {})}
        self.cmc = None if cmc is None else TASK_UTILS.build(cmc)
        self.embed_length = embed_length
        self.motion = None if motion is None else TASK_UTILS.build(motion)

    def reset(self) -> None:
        """Forget everything: the next frame is the first of a video."""
        self.tracker.reset()

    def track(
        self, model: nn.Module, img: Tensor, data_sample: Any, feats: Any = None, **kwargs: Any
    ) -> InstanceData:
        """Track one frame, as the models of MMDetection and MMTracking call it.

        Args:
            model: The model of the detections, with ``reid`` if the tracker looks at people.
            img: (1, 3, H, W) the normalised input of the network.
            data_sample: With ``frame_id`` and ``pred_instances`` or ``pred_det_instances``.
            feats: Not used: the Re-ID network looks at the image.
            **kwargs: Of the model, handed on.
        """
        del feats
        if 'scale_factor' not in data_sample.metainfo:  # of pipelines that do not resize
            data_sample.set_metainfo({'scale_factor': (1.0, 1.0)})
        _show_to_both(data_sample)
        return self.tracker.track(
            model=self._as_the_tracker_sees(getattr(model, 'reid', None)),
            img=img,
            feats=img,
            data_sample=data_sample,
            **kwargs,
        )

    def _as_the_tracker_sees(self, reid: Any) -> SimpleNamespace:
        def embed(crops: Tensor, mode: str = 'tensor') -> Tensor:
            return F.normalize(reid(crops, mode=mode), dim=1) * self.embed_length

        def predict(img: Tensor, boxes: list[Tensor]) -> Tensor:
            size = self.reid['img_scale']
            return extract_features(embed, img, boxes[0], size)  # type: ignore[arg-type]

        embed.head = getattr(reid, 'head', None)  # type: ignore[attr-defined]
        return SimpleNamespace(
            reid=embed,
            track_head=SimpleNamespace(predict=predict),
            motion=self.motion,
            kalman=self.motion,  # of StrongSORT
            with_motion=self.motion is not None,
            cmc=self.cmc,
            with_cmc=self.cmc is not None,
        )


def _show_to_both(data_sample: Any) -> None:
    """Put the detections under the names of both MMDetection and MMTracking."""
    names = ('pred_det_instances', 'pred_instances')
    dets = next(data_sample.get(name) for name in names if name in data_sample)
    for name in names:
        if name not in data_sample:
            data_sample.set_field(dets, name, dtype=InstanceData)
