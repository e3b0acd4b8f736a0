"""Whole frames of videos with the boxes and identities of the people in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from ..registry import DATASETS
from .box_table import BoxTable
from .coco_vid import read_boxes
from .frame_table import FrameTable


@DATASETS.register_module()
class MOTFrameDataset(BaseDataset):
    """Dataset of one item per frame, to train a network that detects and embeds in a single pass.

    Items have ``img_path``, ``img_shape`` (height, width), ``img_id``, ``video_id``, ``video``
    (its name), ``frame_id`` (from 0), ``rng`` (a generator seeded by seed, epoch and item), and
    ``instances``: for every box ``bbox`` x1, y1, x2, y2 in pixels, which may reach beyond the
    frame; ``bbox_label``; ``instance_id``, the index of its identity among all of the training
    set, or −1; ``visibility``; ``ignore_flag`` 0. Boxes with ``instance_id`` −1 train detection
    only. Frames without boxes are items, too.

    An identity is a pair of video and instance id. Index ``epoch · len(dataset) + i`` is item i
    with the randomness of that epoch (:class:`EpisodeSampler` yields such).

    Args:
        ann_file: CocoVID file as written by ``tools/dataset_converters/mot2coco.py``.
        classes: Names of the classes that are kept.
        min_visibility: Least visible part of a box that trains detection, 0 to 1. 0 keeps all:
            benchmarks count people who are hidden, too. Greater values stop the network from
            guessing people behind others.
        min_id_visibility: Least visible part of a box that trains its identity. Below, the centre
            of the box shows somebody else.
        min_height: Least height of a box in pixels of the frame.
        considered_only: Leave out boxes that the benchmark marks as not to be considered.
        seed: Seed of the random transforms.
        **kwargs: Other arguments of :class:`mmengine.dataset.BaseDataset`: ``data_root``,
            ``data_prefix=dict(img_path='train')``, ``pipeline``, ``indices``, ``lazy_init`` ...

    Attributes:
        first_identity: Number that is added to indices of identities: of those in the
            datasets before this one. :class:`ConcatFrameDataset` sets it.
        number: Place of this among concatenated datasets.

    Raises:
        FileNotFoundError: There is no annotation file.
        ValueError: A class or an image is unknown, or no box is left after filtering.
    """

    METAINFO: ClassVar[dict] = {'classes': ('pedestrian',)}

    def __init__(
        self,
        ann_file: str,
        classes: Sequence[str] = ('pedestrian',),
        min_visibility: float = 0.0,
        min_id_visibility: float = 0.3,
        min_height: float = 2.0,
        considered_only: bool = True,
        seed: int = 0,
        metainfo: dict | None = None,
        **kwargs: object,
    ) -> None:
        self.min_visibility, self.min_id_visibility = min_visibility, min_id_visibility
        self.min_height = min_height
        self.considered_only = considered_only
        self.seed = seed
        self.first_identity = self.number = self._num_identities = 0
        kwargs['serialize_data'] = False  # the table is arrays already
        metainfo = {**(metainfo or {}), 'classes': tuple(classes)}
        super().__init__(ann_file, metainfo=metainfo, **kwargs)

    @property
    def num_identities(self) -> int:
        """Identities in this dataset: the number of classes of a classifier over them."""
        self.full_init()
        return self._num_identities

    @property
    def index(self) -> dict[str, np.ndarray]:
        """(R,) int64 of all boxes: ``instance_id``, ``video_id``, ``frame_id`` and ``item``."""
        self.full_init()
        keys = dict(self.data_list.keys)
        known = keys['instance_id'] >= 0
        keys['instance_id'] = np.where(known, keys['instance_id'] + self.first_identity, -1)
        return keys

    def load_data_list(self) -> FrameTable:
        """Read the annotation file and number the identities."""
        prefix = self.data_prefix.get('img_path', '')
        table, considered = read_boxes(self.ann_file, self.metainfo['classes'], prefix)
        reasons = {'not considered': ~considered & self.considered_only, **self._reasons(table)}
        kept = table.take(~np.any(list(reasons.values()), axis=0))
        counts = ', '.join(f'{mask.sum()} {reason}' for reason, mask in reasons.items())
        message = f'{self.ann_file}: {len(kept)} of {len(table)} boxes kept ({counts})'
        if len(kept) == 0:
            raise ValueError(
                f'{message}: lower min_visibility={self.min_visibility} or '
                f'min_height={self.min_height}, or check that the file has ground truth'
            )
        kept = self._number(kept)
        known = int((kept.instance_id >= 0).sum())
        print_log(
            f'{message} in {len(kept.images)} frames; {self._num_identities} identities in '
            f'{known} boxes, {len(kept) - known} boxes for detection only',
            logger='current',
        )
        return FrameTable.of(kept)

    def get_data_info(self, idx: int) -> dict:
        """Return the item of a frame, identities counted over concatenated datasets."""
        info = super().get_data_info(idx)
        for instance in info['instances']:
            if instance['instance_id'] >= 0:
                instance['instance_id'] += self.first_identity
        return info

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on item ``idx`` modulo the length, in the epoch of its quotient."""
        idx = idx + len(self) if idx < 0 else idx
        info = self.get_data_info(idx % len(self))
        info['rng'] = np.random.default_rng((self.seed, self.number, idx))
        return self.pipeline(info)

    def _reasons(self, table: BoxTable) -> dict[str, np.ndarray]:
        """Return masks of the boxes that are left out, by reason; they may overlap."""
        size = table.bbox[:, 2:] - table.bbox[:, :2]
        center = (table.bbox[:, 2:] + table.bbox[:, :2]) / 2
        inside = (center >= 0) & (center < table.images.img_shape[table.image][:, ::-1])
        return {
            'too hidden': table.visibility < self.min_visibility,
            'too small': (size[:, 1] < self.min_height) | (size <= 0).any(1),
            'centred outside the frame': ~inside.all(1),
        }

    def _number(self, table: BoxTable) -> BoxTable:
        """Give identities the numbers 0, 1, ..., in the order of videos and ids."""
        known = (table.instance_id >= 0) & (table.visibility >= self.min_id_visibility)
        keys = np.stack([table.keys['video_id'], table.instance_id], 1)[known]
        identities, numbers = np.unique(keys, axis=0, return_inverse=True)
        self._num_identities = len(identities)
        instance_id = np.full(len(table), -1)
        instance_id[known] = numbers.ravel()
        return replace(table, instance_id=instance_id)

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> FrameTable:
        if isinstance(indices, int):
            return super()._get_unserialized_subset(indices)
        return self.data_list.take(np.asarray(indices, np.int64))
