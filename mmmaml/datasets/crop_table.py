"""Boxes of many frames as arrays that read like a list of items."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np


@dataclass(frozen=True)
class CropTable(Sequence):
    """One row per box. Arrays cost no pickling, and forked data loader workers share them.

    Attributes:
        bbox: (R, 4) float32 x1, y1, x2, y2 in pixels of the frame.
        instance_id: (R,) int64 identity.
        visibility: (R,) float32 visible part in [0, 1].
        image: (R,) row of the box in the image arrays below.
        img_path: (M,) paths of the images.
        img_shape: (M, 2) height and width in pixels.
        frame_id: (M,) frame within the video, from 0.
        video_id: (M,) video of the image.
        video: (M,) name of the video.
    """

    bbox: np.ndarray
    instance_id: np.ndarray
    visibility: np.ndarray
    image: np.ndarray
    img_path: np.ndarray
    img_shape: np.ndarray
    frame_id: np.ndarray
    video_id: np.ndarray
    video: np.ndarray

    def __len__(self) -> int:
        return len(self.bbox)

    @overload
    def __getitem__(self, item: int) -> dict: ...
    @overload
    def __getitem__(self, item: slice) -> 'CropTable': ...
    def __getitem__(self, item: int | slice) -> 'dict | CropTable':
        """The item of a row as the pipeline takes it, or the table of some rows."""
        if isinstance(item, slice):
            return self.take(np.arange(len(self))[item])
        if not -len(self) <= item < len(self):
            raise IndexError(f'item {item} of {len(self)}')
        image = self.image[item]
        return {
            'img_path': str(self.img_path[image]),
            'img_shape': (int(self.img_shape[image, 0]), int(self.img_shape[image, 1])),
            'bbox': self.bbox[item].copy(),
            'instance_id': int(self.instance_id[item]),
            'video_id': int(self.video_id[image]),
            'video': str(self.video[image]),
            'frame_id': int(self.frame_id[image]),
            'visibility': float(self.visibility[item]),
        }

    def take(self, rows: np.ndarray) -> 'CropTable':
        """The table of some rows, given by indices or a mask."""
        return replace(
            self,
            bbox=self.bbox[rows],
            instance_id=self.instance_id[rows],
            visibility=self.visibility[rows],
            image=self.image[rows],
        )

    @property
    def keys(self) -> dict[str, np.ndarray]:
        """Identity, video and frame of every row."""
        return {
            'instance_id': self.instance_id,
            'video_id': self.video_id[self.image],
            'frame_id': self.frame_id[self.image],
        }
