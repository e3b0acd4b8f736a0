"""Annotation of a task."""

from mmengine.structures import BaseDataElement
from torch import Tensor


class TaskDataSample(BaseDataElement):
    """What is known of a task beside its images (N, k + q, 3, H, W).

    Data fields:
        labels: (N,) int64 identity of each way among those of the whole dataset.

    Meta fields:
        num_support: k; the first k images of each way are its support, the others its query.
        img_paths: N·(k + q) frames the images were cut from, way after way.
        frame_ids: (N, k + q) frames within their video.
        instance_ids: N ids as the dataset gives them.
        video_ids: N videos.
    """

    labels: Tensor
    num_support: int
