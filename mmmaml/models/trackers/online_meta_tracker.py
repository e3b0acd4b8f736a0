"""Online tracking with appearance under each track's own parameters."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mmengine.logging import print_log
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.registry import MODELS

from .camera_motion import CameraMotion, check_image, check_transform
from .detections import Detections, check_detections
from .frame_matching import FrameMatching
from .input_checks import check_frame_id
from .model_features import ModelFeatures
from .model_frame import ModelFrame
from .track_looks import TrackLooks
from .track_pool import TrackPool
from .tracker_options import TrackerOptions

if TYPE_CHECKING:
    from mmmaml.models.reid import MetaReIDHead

    from .online_adapter import OnlineAdapter


@MODELS.register_module()
class OnlineMetaTracker:
    """Multi-object tracker of MAML MOT's online phase (Sec. II-C of the paper).

    Tracks are matched to detections by the cosine between features under each track's own
    parameters together with a Kalman motion model, then by overlap, and people who come back by
    appearance alone. It runs inside a model (:meth:`track`) or by itself on arrays
    (:meth:`step`), where with its defaults features are embeddings that are compared as they are.

    Args:
        reid: How boxes are cut for the Re-ID network: ``img_scale`` (h, w) is its input size,
            (256, 128) if not given; ``img_norm_cfg`` (``mean``, ``std``, ``to_rgb``) its
            normalisation where that is not the detector's; ``renormalise`` options of
            :class:`~.video_normalization.VideoNormalization`, ``dict()`` for its defaults, with
            which the network's batch normalisation follows the video, None without.
        adapter_cfg: Options of the online adaptation, arguments of ``OnlineAdapter``.
        adapt: False compares the embeddings of the Re-ID network as they are and binds no head.
        camera_motion: Options of :class:`~.camera_motion.CameraMotion`, ``dict()`` for its
            defaults: tracks then follow the motion of the camera, which is estimated from every
            frame. None: the camera stands still, or ``step`` is told how it moves.
        options: Thresholds, times and sizes; see :class:`~.tracker_options.TrackerOptions`.

    Attributes:
        looks: What compares features, under each track's parameters where a head is bound.
        features: Asks the networks of a model for the looks of its detections.
        camera: What estimates the motion of the camera, or None.
        head: The bound head, or None.
        tracks: The tracks of the current video.

    Raises:
        TypeError: An argument is unknown.
        ValueError: An option is out of its range, or two contradict each other.
    """

    def __init__(
        self,
        reid: dict | None = None,
        adapter_cfg: dict | None = None,
        adapt: bool = True,
        camera_motion: dict | None = None,
        **options: Any,
    ) -> None:
        unknown = sorted(set(options) - set(TrackerOptions.names()))
        if unknown:
            raise TypeError(
                f'OnlineMetaTracker has no argument {", ".join(unknown)}; it has reid, '
                f'adapter_cfg, adapt, camera_motion, {", ".join(TrackerOptions.names())}'
            )
        self.options = TrackerOptions(**options)
        self.features = ModelFeatures(reid, adapt, self.options)
        self.adapter_cfg = dict(adapter_cfg or {})
        self.head: MetaReIDHead | None = None
        self.looks = TrackLooks()
        self.camera = None if camera_motion is None else CameraMotion(**camera_motion)
        self.reset()

    def reset(self) -> None:
        """Forget everything, ids included: the next frame is the first of a video."""
        self.tracks = TrackPool(self.options, self.options.frame_rate, self.looks)
        self.looks.reset()
        self.features.reset()
        if self.camera is not None:
            self.camera.reset()

    @property
    def adapter(self) -> 'OnlineAdapter | None':
        """What has the tracks' parameters and adapts them; None for plain cosine."""
        return self.looks.adapter

    def bind(self, head: 'MetaReIDHead | None') -> None:
        """Adapt ``head`` online; features are then the inputs of its linear layer.

        Features remembered under another head mean nothing under this one: binding a head that
        is not bound yet resets the tracker.

        Args:
            head: A ``MetaReIDHead``; None compares features as they are.
        """
        if head is self.head:
            return
        from .online_adapter import OnlineAdapter

        self.head = head
        self.looks = TrackLooks(None if head is None else OnlineAdapter(head, **self.adapter_cfg))
        self.reset()
        if head is not None:
            print_log(
                f'OnlineMetaTracker: tracks start from {len(head.task_memory)} training tasks and '
                f'the scatter of {int(head.scatter.count)} identities',
                logger='current',
            )

    @torch.no_grad()
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
        """Track one frame (Sec. II-C of the paper).

        Args:
            frame_id: Number of the frame; greater than the one before, gaps are allowed.
            bboxes: (N, 4) xyxy in pixels of the original image. Boxes without area are ignored.
            scores: (N,) detection scores.
            labels: (N,) classes; a track never changes its own.
            feats: (N, C) embeddings, or inputs of the adapted layer where a head is bound. None:
                motion and overlap only. Those of detections below ``score_thr`` are not used.
            image: (H, W, 3) BGR or (H, W) grey uint8, to estimate the motion of the camera from;
                looked at only by a tracker with ``camera_motion`` options, which needs it.
            camera_motion: (2, 3) affine, pixels of the frame before to pixels of this frame,
                where it is known; goes before the image.

        Returns:
            (N,) int64 ids on the device of ``bboxes``, from 1; −1 where no track is reported
            (low score, tentative track, box without area).

        Raises:
            TypeError: The number of the frame is not whole, or an input is no tensor.
            ValueError: The frame does not come after the one before, or an input has a wrong
                shape, NaN or infinity. The tracker is then as it was before the call.

        Example:
            >>> boxes = torch.tensor([[100.0, 50, 140, 150], [300, 60, 340, 160]])
            >>> scores, labels = torch.tensor([0.9, 0.8]), torch.zeros(2, dtype=torch.long)
            >>> tracker, looks = OnlineMetaTracker(frame_rate=25), torch.eye(2)
            >>> tracker.step(0, boxes, scores, labels, looks).tolist()
            [1, 2]
            >>> tracker.step(1, boxes.flip(0), scores, labels, looks.flip(0)).tolist()
            [2, 1]
        """
        frame_id = check_frame_id(frame_id, self.tracks.frame_id)
        detections = self._check(bboxes, scores, labels, feats)
        transform = self._check_camera(image, camera_motion)
        self.tracks.advance(frame_id)  # motion
        self._follow_camera(transform, image, detections)
        self.looks.adapt(self.tracks)  # to those in view
        similarity = partial(self.looks.similarity, self.tracks)
        matching = FrameMatching(self.tracks, detections, similarity, self.looks.likeness)
        matching.run()  # cosine under each track's own parameters, overlap, appearance alone
        self.looks.observe_cosines(*matching.compared())
        self.tracks.update(matching, detections)
        self.tracks.start(matching, detections)
        ids = self._reported_ids(matching, detections, len(bboxes))
        self.tracks.retire()
        return ids.to(bboxes.device)

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

        Frame 0 starts a new video. Where ``feats`` is not given, features are cut from ``img``
        by ``model.reid``; a Re-ID model that can be adapted is bound on its first frame. Where it
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
            rescale: Whether the boxes are in pixels of the original image, not of ``img``.
            feats: (N, C) features of the detections, as for :meth:`step`, or feature maps of
                the frame, one a level.
            **kwargs: Of the model's ``predict``; not used.

        Returns:
            ``bboxes``, ``labels``, ``scores`` and ``instances_id`` of the reported detections.
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
                self.bind(head)
        if frame_id == 0:
            self.reset()
            self.tracks.frame_rate = float(metainfo.get('frame_rate', self.options.frame_rate))
        mmtrack_style = 'pred_det_instances' in data_sample
        found = data_sample.pred_det_instances if mmtrack_style else data_sample.pred_instances
        camera_motion = metainfo.get('camera_motion')
        given = feats if isinstance(feats, Tensor) else None
        if img is not None:
            frame = ModelFrame(img, metainfo, data_preprocessor, rescale)
            given = self.features.of(model, frame, found, feats)
            if self.camera is not None and camera_motion is None:
                camera_motion = frame.camera_motion(self.camera, found.bboxes)
        ids = self.step(
            frame_id,
            found.bboxes,
            found.scores,
            found.labels,
            given,
            camera_motion=camera_motion,
        )
        reported = ids >= 0
        return InstanceData(
            bboxes=found.bboxes[reported],
            labels=found.labels[reported],
            scores=found.scores[reported],
            instances_id=ids[reported],
        )

    def _check(
        self, bboxes: Tensor, scores: Tensor, labels: Tensor, feats: Tensor | None
    ) -> Detections:
        detections = check_detections(bboxes, scores, labels, feats, self.options)
        if detections.feats is not None and len(detections):
            detections.feats = self.looks.prepare(detections.feats, self.tracks.appearance)
        return detections

    def _check_camera(
        self, image: np.ndarray | None, camera_motion: np.ndarray | None
    ) -> np.ndarray | None:
        if camera_motion is not None:
            return check_transform(camera_motion)
        if self.camera is not None:
            if image is None:
                raise ValueError(
                    'this tracker has camera_motion options, but this frame came without image: '
                    'give step() the image or camera_motion, or set the option to None'
                )
            check_image(image)
        return None

    def _follow_camera(
        self, transform: np.ndarray | None, image: np.ndarray | None, detections: Detections
    ) -> None:
        """Move all tracks as the background has moved since the frame before."""
        if transform is None and self.camera is not None and image is not None:
            transform = self.camera.estimate(image, detections.boxes)
        if transform is not None:
            self.tracks.move_camera(transform)

    def _reported_ids(
        self, matching: FrameMatching, detections: Detections, number: int
    ) -> Tensor:
        ids = np.full(number, -1, dtype=np.int64)
        tracks, found = matching.pairs()
        reported = self.tracks.state.confirmed[tracks]
        ids[detections.rows[found[reported]]] = self.tracks.state.ids[tracks[reported]]
        return torch.from_numpy(ids)
