"""Boxes of many frames as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np


@dataclass(frozen=True)
class ImageTable:
    """One row per frame.

    Attributes:
        img_path: (M,) paths of the images.
        img_shape: (M, 2) height and width in pixels.
        frame_id: (M,) frame within the video, from 0.
        video_id: (M,) video of the image.
        video: (M,) name of the video.
    """

    img_path: np.ndarray
    img_shape: np.ndarray
    frame_id: np.ndarray
    video_id: np.ndarray
    video: np.ndarray

    def __len__(self) -> int:
        return len(self.img_path)

    def row(self, image: int) -> dict:
        """Return the part of an item that the frame alone decides."""
        return {
            'img_path': str(self.img_path[image]),
            'img_shape': (int(self.img_shape[image, 0]), int(self.img_shape[image, 1])),
            'video_id': int(self.video_id[image]),
            'video': str(self.video[image]),
            'frame_id': int(self.frame_id[image]),
        }


@dataclass(frozen=True)
class BoxTable(Sequence):
    """One row per box. Arrays cost no pickling, and forked data loader workers share them.

    Reads like a list of items, one a box.

    Attributes:
        bbox: (R, 4) float32 x1, y1, x2, y2 in pixels of the frame.
        label: (R,) int64 class, the position of its name among those that were asked for.
        instance_id: (R,) int64 identity.
        visibility: (R,) float32 visible part in [0, 1].
        image: (R,) row of the box in ``images``.
        images: The frames.
    """

    bbox: np.ndarray
    label: np.ndarray
    instance_id: np.ndarray
    visibility: np.ndarray
    image: np.ndarray
    images: ImageTable

    def __len__(self) -> int:
        return len(self.bbox)

    @overload
    def __getitem__(self, item: int) -> dict: ...
    @overload
    def __getitem__(self, item: slice) -> 'BoxTable': ...
    def __getitem__(self, item: int | slice) -> 'dict | BoxTable':
        """Return the item of a row for the pipeline, or the table of some rows."""
        if isinstance(item, slice):
            return self.take(np.arange(len(self))[item])
        if not -len(self) <= item < len(self):
            raise IndexError(f'item {item} of {len(self)}')
        return {
            **self.images.row(self.image[item]),
            'bbox': self.bbox[item].copy(),
            'instance_id': int(self.instance_id[item]),
            'visibility': float(self.visibility[item]),
        }

    def take(self, rows: np.ndarray) -> 'BoxTable':
        """Return the table of some rows, given by indices or a mask; all frames are kept."""
        return replace(
            self,
            bbox=self.bbox[rows],
            label=self.label[rows],
            instance_id=self.instance_id[rows],
            visibility=self.visibility[rows],
            image=self.image[rows],
        )

    def clipped(self) -> 'BoxTable':
        """Return the same with boxes cut at the borders of their frames."""
        limits = np.tile(self.images.img_shape[self.image][:, ::-1], 2)
        return replace(self, bbox=np.clip(self.bbox, 0, limits).astype(np.float32))

    @property
    def keys(self) -> dict[str, np.ndarray]:
        """Identity, video and frame of every row."""
        return {
            'instance_id': self.instance_id,
            'video_id': self.images.video_id[self.image],
            'frame_id': self.images.frame_id[self.image],
        }
