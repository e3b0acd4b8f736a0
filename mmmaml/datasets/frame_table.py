"""Frames with their boxes as arrays that read like a list of items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from .box_table import BoxTable


@dataclass(frozen=True)
class FrameTable(Sequence):
    """One row per frame, those without boxes included.

    Attributes:
        boxes: All boxes, those of a frame next to each other; ``instance_id`` is the index of an
            identity, or −1.
        rows: (F,) rows of the frames in ``boxes.images``.
        bounds: (M + 1,) the boxes of image i are rows ``bounds[i]`` to ``bounds[i + 1] − 1``.
    """

    boxes: BoxTable
    rows: np.ndarray
    bounds: np.ndarray

    @classmethod
    def of(cls, boxes: BoxTable) -> 'FrameTable':
        """Return all frames of a table of boxes."""
        boxes = boxes.take(np.argsort(boxes.image, kind='stable'))
        images = np.arange(len(boxes.images))
        return cls(
            boxes, images, np.append(0, np.cumsum(np.bincount(boxes.image, minlength=len(images))))
        )

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, item: int) -> dict: ...
    @overload
    def __getitem__(self, item: slice) -> 'FrameTable': ...
    def __getitem__(self, item: int | slice) -> 'dict | FrameTable':
        """Return the item of a frame for the pipeline, or the table of some frames."""
        if isinstance(item, slice):
            return self.take(np.arange(len(self))[item])
        if not -len(self) <= item < len(self):
            raise IndexError(f'item {item} of {len(self)}')
        image, boxes = int(self.rows[item]), self.boxes
        rows = slice(self.bounds[image], self.bounds[image + 1])
        columns = (
            boxes.bbox[rows],
            boxes.label[rows],
            boxes.instance_id[rows],
            boxes.visibility[rows],
        )
        names = ('bbox', 'bbox_label', 'instance_id', 'visibility')
        values = zip(*(column.tolist() for column in columns), strict=True)
        instances = [{**dict(zip(names, row, strict=True)), 'ignore_flag': 0} for row in values]
        return {**boxes.images.row(image), 'img_id': image, 'instances': instances}

    def take(self, items: np.ndarray) -> 'FrameTable':
        """Return the table of some frames."""
        return FrameTable(self.boxes, self.rows[items], self.bounds)

    @property
    def keys(self) -> dict[str, np.ndarray]:
        """Identity, video, frame and item of every box in these frames."""
        item = np.full(len(self.boxes.images), -1)
        item[self.rows] = np.arange(len(self))
        items = item[self.boxes.image]
        kept = items >= 0
        return {**{k: v[kept] for k, v in self.boxes.keys.items()}, 'item': items[kept]}
