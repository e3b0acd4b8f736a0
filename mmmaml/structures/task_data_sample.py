"""Annotation of a task."""

from typing import TYPE_CHECKING

from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor

if TYPE_CHECKING:
    from mmdet.structures import DetDataSample


class TaskDataSample(BaseDataElement):
    """The annotation of a task beside its images.

    A task of crops has images (N, k + q, 3, H, W), one of frames (F, 3, H, W) with F = k + q: all
    its ways are in all its frames.

    Data fields:
        labels: (N,) int64 identity of each way among those of the whole dataset. Of frames, −1
            fills up where fewer than N identities are in all of them; what else is known of such
            a way is without meaning.
        centers: Of frames only, (N, F, 2) float32 x, y of the centres of boxes in pixels of the
            input; inside the image for all ways that are there.
        gt_instances: Of frames only, all M boxes of the F frames: ``bboxes`` (M, 4) x1, y1, x2,
            y2 in pixels of the input, ``labels`` (M,) classes, ``instances_ids`` (M,) identity
            among those of the whole dataset or −1, ``frames`` (M,) the frame each is in, 0 to
            F − 1.

    Meta fields:
        num_support: k; the first k images of each way are its support, the others its query.
        img_paths: Frames the images were cut from, N·(k + q) of crops way after way, F of frames.
        frame_ids: (N, k + q) frames within their video.
        instance_ids: N ids as the dataset gives them; −1 of ways that are not there.
        video_ids: N videos.
        img_shape: Of frames only, height and width in pixels of the input.
    """

    labels: Tensor
    num_support: int
    centers: Tensor
    gt_instances: InstanceData

    def frame_samples(self) -> 'list[DetDataSample]':
        """Split the boxes by frame into F samples, as a detector trains on."""
        from mmdet.structures import DetDataSample  # of detectors alone

        boxes, samples = self.gt_instances, []
        for number in range(self.centers.shape[1]):
            sample = DetDataSample(metainfo={'img_shape': self.get('img_shape')})
            kept = boxes[boxes.frames == number]
            sample.gt_instances = InstanceData(
                bboxes=kept.bboxes, labels=kept.labels, instances_ids=kept.instances_ids
            )
            samples.append(sample)
        return samples
