"""Online tracking with appearance under each track's own parameters."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.logging import print_log
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.registry import MODELS

from .detections import Detections, check_detections
from .frame_matching import FrameMatching
from .reid_features import boxes_in_image, extract_features, prepare_image
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
            normalisation where that is not the detector's.
        adapter_cfg: Options of the online adaptation, arguments of ``OnlineAdapter``.
        options: Thresholds, times and sizes; see :class:`~.tracker_options.TrackerOptions`.

    Attributes:
        adapter: What compares features under each track's parameters; None for plain cosine.
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
        **options: Any,
    ) -> None:
        unknown = sorted(set(options) - set(TrackerOptions.names()))
        if unknown:
            raise TypeError(
                f'OnlineMetaTracker has no argument {", ".join(unknown)}; it has reid, '
                f'adapter_cfg, {", ".join(TrackerOptions.names())}'
            )
        self.options = TrackerOptions(**options)
        self.reid = {'img_scale': (256, 128), 'img_norm_cfg': None, **(reid or {})}
        self.adapter_cfg = dict(adapter_cfg or {})
        self.head: MetaReIDHead | None = None
        self.adapter: OnlineAdapter | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything, ids included: the next frame is the first of a video."""
        self.tracks = TrackPool(self.options, self.options.frame_rate)
        if self.adapter is not None:
            self.adapter.reset()

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

        self.reset()
        self.head = head
        self.adapter = None if head is None else OnlineAdapter(head, **self.adapter_cfg)
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
    ) -> Tensor:
        """Track one frame (Sec. II-C of the paper).

        Args:
            frame_id: Number of the frame; greater than the one before, gaps are allowed.
            bboxes: (N, 4) xyxy in pixels of the original image. Boxes without area are ignored.
            scores: (N,) detection scores.
            labels: (N,) classes; a track never changes its own.
            feats: (N, C) embeddings, or inputs of the adapted layer where a head is bound. None:
                motion and overlap only. Those of detections below ``score_thr`` are not used.

        Returns:
            (N,) int64 ids on the device of ``bboxes``, from 1; −1 where no track is reported
            (low score, tentative track, box without area).

        Raises:
            ValueError: The frame does not come after the one before, or an input has a wrong
                shape, NaN or infinity. The tracker is then as it was before the call.
        """
        detections = self._check(frame_id, bboxes, scores, labels, feats)
        self.tracks.advance(frame_id)  # motion
        self._adapt()  # to the tracks in view
        matching = FrameMatching(self.tracks, detections, self._similarity)
        matching.by_appearance()  # cosine under each track's own parameters
        matching.by_overlap()
        matching.by_return()  # appearance alone
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
        rescale: bool = False,
        feats: Tensor | None = None,
        **kwargs: Any,
    ) -> InstanceData:
        """Track one frame of a model's detections: the entry of MMDetection and MMTracking.

        Frame 0 starts a new video. Where ``feats`` is not given, features are cut from ``img``
        by ``model.reid``; a Re-ID model that can be adapted is bound on its first frame. Without
        either, tracking goes by motion and overlap.

        Args:
            model: The model of the detections.
            img: (1, 3, H, W) the normalised input of the network.
            data_sample: With ``frame_id`` and detections in ``pred_det_instances`` or
                ``pred_instances``.
            data_preprocessor: The model's, as in its config; for ``reid['img_norm_cfg']``.
            rescale: Whether the boxes are in pixels of the original image, not of ``img``.
            feats: (N, C) features of the detections, as for :meth:`step`.
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
        reid = getattr(model, 'reid', None) if feats is None and img is not None else None
        if reid is not None:
            self.bind(reid.head if hasattr(reid, 'extract_crop_feats') else None)
        if frame_id == 0:
            self.reset()
            self.tracks.frame_rate = float(metainfo.get('frame_rate', self.options.frame_rate))
        mmtrack_style = 'pred_det_instances' in data_sample
        found = data_sample.pred_det_instances if mmtrack_style else data_sample.pred_instances
        if reid is not None and img is not None:
            feats = self._extract(reid, img, found, metainfo, data_preprocessor, rescale)
        ids = self.step(frame_id, found.bboxes, found.scores, found.labels, feats)
        reported = ids >= 0
        return InstanceData(
            bboxes=found.bboxes[reported],
            labels=found.labels[reported],
            scores=found.scores[reported],
            instances_id=ids[reported],
        )

    def _check(
        self, frame_id: int, bboxes: Tensor, scores: Tensor, labels: Tensor, feats: Tensor | None
    ) -> Detections:
        before, memory = self.tracks.frame_id, self.tracks.appearance
        if before is not None and frame_id <= before:
            raise ValueError(
                f'frame_id {frame_id} does not come after frame_id {before}: give the frames of '
                'a video in order, and call reset() before another video'
            )
        detections = check_detections(bboxes, scores, labels, feats, self.options)
        if detections.feats is not None:
            channels = detections.feats.shape[1]
            if memory is not None and channels != memory.mean.shape[1]:
                raise ValueError(
                    f'feats have {channels} channels, those of the frames before '
                    f'{memory.mean.shape[1]}: a video needs features of one network'
                )
            if self.adapter is None:
                detections.feats = F.normalize(detections.feats, dim=1)
        return detections

    def _adapt(self) -> None:
        tracks = self.tracks.with_looks(self.tracks.recent())
        if self.adapter is not None and len(tracks):
            self.adapter.fit(*self._looks(tracks))

    def _similarity(self, tracks: np.ndarray, feats: Tensor) -> np.ndarray:
        """Cosine (T, N) of tracks and features (N, C), each track under its own parameters."""
        mean, gallery, count = self._looks(tracks)
        if self.adapter is None:
            similarity = F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T
        else:  # Eq. 6-7
            similarity = self.adapter.similarity(mean, gallery, count, feats)
        return similarity.cpu().numpy()

    def _looks(self, tracks: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Mean feature, gallery and its filling of tracks (T,)."""
        memory = self.tracks.appearance
        assert memory is not None
        index = torch.from_numpy(tracks).to(memory.mean.device)
        count = torch.from_numpy(memory.count[tracks]).to(index)
        return memory.mean[index], memory.gallery[index], count

    def _reported_ids(
        self, matching: FrameMatching, detections: Detections, number: int
    ) -> Tensor:
        ids = np.full(number, -1, dtype=np.int64)
        tracks, found = matching.pairs()
        reported = self.tracks.state.confirmed[tracks]
        ids[detections.rows[found[reported]]] = self.tracks.state.ids[tracks[reported]]
        return torch.from_numpy(ids)

    @torch.no_grad()
    def _extract(
        self,
        reid: nn.Module,
        img: Tensor,
        found: InstanceData,
        metainfo: dict,
        data_preprocessor: dict | None,
        rescale: bool,
    ) -> Tensor | None:
        """Features (N, C) of the detections whose looks count; zeros for the others."""
        wanted = found.scores >= self.options.score_thr
        if not wanted.any():
            return None
        img_norm_cfg = self.reid.get('img_norm_cfg')
        img = prepare_image(img, metainfo, img_norm_cfg, data_preprocessor)
        boxes = boxes_in_image(found.bboxes[wanted], metainfo, rescale)
        some = extract_features(reid, img, boxes, self.reid['img_scale'])
        feats = some.new_zeros(len(wanted), some.shape[1])
        feats[wanted] = some
        return feats
