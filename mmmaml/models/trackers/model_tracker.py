"""Tracking of the detections of a model, as MMDetection and MMTracking ask for it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from mmengine.structures import InstanceData
from torch import Tensor, nn

from .association.certainty import Certainty
from .model_inputs.model_features import ModelFeatures
from .model_inputs.model_frame import ModelFrame
from .motion.camera_motion import CameraMotion

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork
    from mmmaml.models.reid import MetaReIDHead


class ModelTracker(ABC):
    """A tracker of arrays, which asks a model for what it tracks.

    Attributes:
        features: Asks the networks of a model for the features of its detections.
        camera: Estimates the motion of the camera, or None.
        certainty: Of the detections of the last frame, if it is rated.
    """

    features: ModelFeatures
    camera: CameraMotion | None
    certainty: Certainty | None

    @abstractmethod
    def reset(self, frame_rate: float | None = None) -> None:
        """Forget everything: the next frame is the first of a video."""

    @abstractmethod
    def bind(self, head: 'MetaReIDHead | None', graph: 'GraphNetwork | None' = None) -> None:
        """Adapt ``head`` online, None compares features as they are; and take a graph network."""

    @abstractmethod
    def step(
        self,
        frame_id: int,
        bboxes: Tensor,
        scores: Tensor,
        labels: Tensor,
        feats: Tensor | None = None,
        image: np.ndarray | None = None,
        camera_motion: np.ndarray | None = None,
    ) -> Tensor:
        """Track one frame and return the ids (N,) of its detections, −1 for none."""

    def track(
        self,
        model: nn.Module | None = None,
        img: Tensor | None = None,
        data_sample: Any = None,
        data_preprocessor: dict | None = None,
        rescale: bool = True,
        feats: Tensor | Sequence[Tensor] | None = None,
        **kwargs: Any,
    ) -> InstanceData:
        """Track one frame of a model's detections: the entry of MMDetection and MMTracking.

        Frame 0 starts a new video. If ``feats`` is not given, features are cut from ``img``
        by ``model.reid``; a Re-ID model that can be adapted is bound on its first frame. If it
        is the detector's feature maps, as in QDTrack, ``model.track_head`` embeds the boxes, and
        embeddings are compared as they are. A one-shot detector gives features with its boxes.
        Without any, tracking goes by motion and overlap.

        Args:
            model: The model of the detections.
            img: (1, 3, H, W) the normalised input of the network.
            data_sample: With ``frame_id`` and detections in ``pred_det_instances`` or
                ``pred_instances``. A ``camera_motion`` (2, 3) in its metainfo is taken as it is,
                in pixels of the boxes.
            data_preprocessor: The model's, as in its config; for ``reid['img_norm_cfg']`` and
                the motion of the camera.
            rescale: True if the boxes are in pixels of the original image, not of ``img``.
            feats: (N, C) features of the detections, as for :meth:`step`, or feature maps of
                the frame, one a level.
            **kwargs: Of the model's ``predict``; not used.

        Returns:
            ``bboxes``, ``labels``, ``scores`` and ``instances_id`` of the reported detections,
            and their ``feats`` if there are any.

        Raises:
            ValueError: The data sample has no ``frame_id``, or as for :meth:`step`.
        """
        metainfo = data_sample.metainfo
        if 'frame_id' not in metainfo:
            raise ValueError(
                'the data sample has no frame_id, only '
                f'{", ".join(sorted(metainfo))}: add it to meta_keys of the packing transform'
            )
        frame_id = int(metainfo['frame_id'])
        if img is not None and not isinstance(feats, Tensor):
            asked, head = self.features.head(model, feats)
            if asked:
                self.bind(head, self.features.graph(model))
        if frame_id == 0:
            self.reset(metainfo.get('frame_rate'))
        mmtrack_style = 'pred_det_instances' in data_sample
        dets = data_sample.pred_det_instances if mmtrack_style else data_sample.pred_instances
        camera_motion = metainfo.get('camera_motion')
        given = feats if isinstance(feats, Tensor) else None
        if img is not None:
            frame = ModelFrame(img, metainfo, data_preprocessor, rescale)
            given = self.features.of(model, frame, dets, feats)
            if self.camera is not None and camera_motion is None:
                camera_motion = frame.camera_motion(self.camera, dets.bboxes)
        ids = self.step(
            frame_id,
            dets.bboxes,
            dets.scores,
            dets.labels,
            given,
            camera_motion=camera_motion,
        )
        reported = ids >= 0
        tracks = InstanceData(
            bboxes=dets.bboxes[reported],
            labels=dets.labels[reported],
            scores=dets.scores[reported],
            instances_id=ids[reported],
        )
        if given is not None:
            tracks.feats = given[reported.to(given.device)]  # for joining tracks afterwards
        self.annotate(tracks, reported)
        return tracks

    def annotate(self, tracks: InstanceData, reported: Tensor) -> None:
        """Note the detections of tracks, and how certain their identities are if that is rated.

        Args:
            tracks: The R reported detections; gets ``det_idx`` (R,), and ``certainty``,
                ``rivals`` and ``doubts`` (R,) of :class:`~.association.certainty.Certainty`.
            reported: (N,) bool of all detections.
        """
        kept = reported.cpu().numpy()
        tracks.det_idx = np.flatnonzero(kept)
        if self.certainty is None:
            return
        tracks.certainty, tracks.rivals, tracks.doubts = (each[kept] for each in self.certainty)
