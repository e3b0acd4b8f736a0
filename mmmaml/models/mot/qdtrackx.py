"""QDTrack on YOLOX."""

from typing import Any

import torch
from mmdet.models.mot import QDTrack
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models.onnx.onnx_reid import identity_head
from mmmaml.models.reid import MetaLearner, MetaReIDHead
from mmmaml.models.trackers.model_inputs.reid_features import boxes_in_image
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .yolox_regions import all_predictions, boxes_at, likeliest


@MODELS.register_module()
class QDTrackX(MetaLearner, QDTrack):
    """mmdet's ``QDTrack`` with a YOLOX, which has no region proposal network.

    Fischer et al., "QDTrack: Quasi-Dense Similarity Learning for Appearance-Only Multiple Object
    Tracking", IEEE TPAMI 2023, arXiv 2210.06984. Head, contrast and tracker are mmdet's. Regions
    are YOLOX's own predictions before non-maximum suppression; the track head embeds them from
    the maps of YOLOX's neck, and both learn jointly, from one set of frames.

    Each frame of a task is once the key frame, the next one its reference (after the last one
    comes the first). Everybody trains detection, and those with an identity the contrast.

    Args:
        detector: Config of a YOLOX. As frames are no mosaics, its L1 loss is on from the start.
        track_head: Config of a ``QuasiDenseTrackHead``.
        tracker: Config of a tracker: mmdet's ``QuasiDenseTracker``, or an ``OnlineMetaTracker``,
            which adapts the embeddings to the scene.
        num_regions: Likeliest predictions of a frame that the contrast samples from. More bring
            in more of the background.
        data_preprocessor: Config of a :class:`~mmmaml.models.TaskDataPreprocessor`.
        init_cfg: Initialisation as in MMEngine.

    Raises:
        ValueError: ``num_regions`` is not positive.
    """

    def __init__(
        self,
        detector: dict,
        track_head: dict,
        tracker: dict | None = None,
        num_regions: int = 512,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if num_regions < 1:
            raise ValueError(f'num_regions={num_regions} must be at least 1')
        super().__init__(
            detector=detector,
            track_head=track_head,
            tracker=tracker,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        self.preprocess_cfg = data_preprocessor
        self.num_regions = num_regions
        self.detector.bbox_head.use_l1 = True
        self.embedding = identity_head(self.track_head.embed_head.fc_embed.out_features)

    @property
    def reid_head(self) -> MetaReIDHead:
        """The head that leaves embeddings as they are, and knows how they vary within people."""
        return self.embedding

    def extract_task_feats(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        """Embed the boxes that YOLOX predicts at centres of people.

        Args:
            inputs: (B, F, 3, H, W).
            centers: (B, N, F, 2) x, y in pixels of the input.

        Returns:
            (B, N, F, D).
        """
        if centers is None:
            raise ValueError(
                'QDTrackX learns from tasks of frames, whose data samples have centers: wrap a '
                'dataset of frames in EpisodicDataset'
            )
        maps, outputs = self._detect(inputs.flatten(0, 1))
        sizes = [level.shape[-2:] for level in maps]
        points = centers.transpose(1, 2).flatten(0, 1)
        predictions = all_predictions(self.detector.bbox_head, outputs, inputs.shape[-2:])
        strides = self.detector.bbox_head.strides
        boxes = [boxes_at(*each, sizes, strides) for each in zip(predictions, points, strict=True)]
        feats = self.track_head.predict(maps, boxes)
        return feats.view(*centers.transpose(1, 2).shape[:3], -1).transpose(1, 2)

    def loss(
        self, inputs: Tensor, data_samples: list[TaskDataSample], **kwargs: Any
    ) -> dict[str, Tensor]:
        """Compute the losses of detection on all frames, and of the contrast of frame pairs.

        Args:
            inputs: (B, F, 3, H, W), F of at least 2.
            data_samples: B samples of tasks of frames.
            **kwargs: Not used.

        Returns:
            YOLOX's ``loss_cls``, ``loss_bbox``, ``loss_obj`` and ``loss_l1``; ``loss_track``, and
            ``loss_track_aux`` if the track head has one.

        Raises:
            ValueError: A task has less than two frames.
        """
        tasks, frames = inputs.shape[:2]
        if frames < 2:
            raise ValueError(
                'QDTrackX learns from pairs of frames: give EpisodicDataset '
                'num_support and num_query of at least 1'
            )
        samples = [each for task in data_samples for each in task.frame_samples()]
        maps, outputs = self._detect(inputs.flatten(0, 1))
        head = self.detector.bbox_head
        losses = head.loss_by_feat(
            *outputs,
            [each.gt_instances for each in samples],
            [each.metainfo for each in samples],
        )
        predictions = all_predictions(head, outputs, inputs.shape[-2:])
        regions = [likeliest(each, self.num_regions) for each in predictions]
        ref = torch.arange(tasks * frames, device=inputs.device)  # of each frame as a key
        ref = ref.view(tasks, frames).roll(-1, 1).flatten()
        pairs = [_pair(samples[i], samples[j]) for i, j in enumerate(ref.tolist())]
        losses |= self.track_head.loss(
            maps,
            [level[ref] for level in maps],
            [InstanceData(priors=each) for each in regions],
            [InstanceData(bboxes=regions[j]) for j in ref.tolist()],
            pairs,
        )
        return losses

    def predict(
        self,
        inputs: Tensor,
        data_samples: list[TrackDataSample],
        rescale: bool = True,
        **kwargs: Any,
    ) -> list[TrackDataSample]:
        """Track the frames of a video.

        Args:
            inputs: (1, T, 3, H, W).
            data_samples: One sample of T frames; frame 0 starts a video.
            rescale: Give boxes in pixels of the original image, not of the input.
            **kwargs: Handed to the tracker.

        Returns:
            The sample. Each frame has ``pred_instances``, with ``feats`` (N, D), and
            ``pred_track_instances``.
        """
        (video,) = data_samples
        if video[0].frame_id == 0:
            self.tracker.reset()
        for number, sample in enumerate(video):
            image = inputs[:, number].contiguous()
            maps = self.detector.extract_feat(image)
            if getattr(self.detector, 'sees_frames', True):
                (dets,) = self.detector.bbox_head.predict(maps, [sample], rescale=rescale)
            else:  # they are given
                dets = self.detector.predict(image, [sample], rescale=rescale)[0].pred_instances
            boxes = boxes_in_image(dets.bboxes, sample.metainfo, rescale)
            dets.feats = self.track_head.predict(maps, [boxes])
            sample.pred_instances = dets
            sample.pred_track_instances = self.tracker.track(
                model=self,
                img=image,
                feats=maps,
                data_sample=sample,
                data_preprocessor=self.preprocess_cfg,
                rescale=rescale,
                **kwargs,
            )
        return [video]

    def _detect(self, frames: Tensor) -> tuple[tuple[Tensor, ...], tuple[list[Tensor], ...]]:
        """Compute the maps of the neck, and what YOLOX's head makes of them."""
        maps = self.detector.extract_feat(frames)
        return maps, self.detector.bbox_head(maps)


def _pair(key: DetDataSample, ref: DetDataSample) -> TrackDataSample:
    """Return a key frame and its reference with the people who have an identity."""
    frames = []
    for sample in (key, ref):
        known = sample.gt_instances[sample.gt_instances.instances_ids >= 0]
        frame = DetDataSample()
        frame.gt_instances = InstanceData(
            bboxes=known.bboxes,
            labels=known.labels,
            instances_ids=known.instances_ids + 1,  # mmdet's head takes 0 for nobody
        )
        frames.append(frame)
    pair = TrackDataSample(metainfo={'key_frames_inds': [0], 'ref_frames_inds': [1]})
    pair.video_data_samples = frames
    return pair
