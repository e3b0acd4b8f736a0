"""Pedestrians cut straight out of the frames of videos."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from ..registry import DATASETS
from .box_table import BoxTable
from .coco_vid import read_boxes


@DATASETS.register_module()
class MOTCropDataset(BaseDataset):
    """Dataset of one item per person and frame, whose crops exist in memory only.

    Items have ``img_path``, ``img_shape`` (height, width), ``bbox`` (4,) float32 x1, y1, x2, y2
    in pixels of the frame and clipped to it, ``instance_id``, ``video_id``, ``video`` (its name),
    ``frame_id`` (from 0) and ``visibility``. Use :class:`LoadCrop` as the first transform.

    Args:
        ann_file: CocoVID file as written by ``tools/dataset_converters/mot2coco.py``.
        classes: Names of the classes that are kept. MOT17's ``static_person`` and ``reflection``
            resemble pedestrians, but are annotated less carefully.
        min_visibility: Least visible part of a person, 0 to 1. Lower values add hard and wrong
            samples (the crop shows mostly somebody else), 0 keeps all.
        min_height: Least height of the box inside the frame in pixels. Lower values add people
            far away, of whom little but colour can be seen.
        considered_only: Leave out boxes that the benchmark marks as not to be considered.
        **kwargs: Other arguments of :class:`mmengine.dataset.BaseDataset`: ``data_root``,
            ``data_prefix=dict(img_path='train')``, ``pipeline``, ``indices``, ``lazy_init`` ...

    Raises:
        FileNotFoundError: There is no annotation file.
        ValueError: A class or an image is unknown, or nothing is left after filtering.
    """

    METAINFO: ClassVar[dict] = {'classes': ('pedestrian',)}

    def __init__(
        self,
        ann_file: str,
        classes: Sequence[str] = ('pedestrian',),
        min_visibility: float = 0.3,
        min_height: float = 20,
        considered_only: bool = True,
        metainfo: dict | None = None,
        **kwargs: object,
    ) -> None:
        self.min_visibility = min_visibility
        self.min_height = min_height
        self.considered_only = considered_only
        # The table is arrays: there is nothing that mmengine could usefully serialize.
        kwargs['serialize_data'] = False
        metainfo = {**(metainfo or {}), 'classes': tuple(classes)}
        super().__init__(ann_file, metainfo=metainfo, **kwargs)

    @property
    def index(self) -> dict[str, np.ndarray]:
        """(R,) int64 arrays ``instance_id``, ``video_id`` and ``frame_id`` of all items."""
        self.full_init()
        return self.data_list.keys

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """Return the item for the pipeline; it is made anew for every call."""
        return {**self.data_list[idx], 'sample_idx': idx if idx >= 0 else len(self) + idx}

    def load_data_list(self) -> BoxTable:
        """Read the annotation file and keep the boxes that show a person well."""
        prefix = self.data_prefix.get('img_path', '')
        table, considered = read_boxes(self.ann_file, self.metainfo['classes'], prefix)
        table = table.clipped()
        reasons = {'not considered': ~considered & self.considered_only, **self._reasons(table)}
        return self._keep(table, reasons)

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> BoxTable:
        if isinstance(indices, int):
            return super()._get_unserialized_subset(indices)
        return self.data_list.take(np.asarray(indices, np.int64))

    def _reasons(self, table: BoxTable) -> dict[str, np.ndarray]:
        """Return masks of the rows that are left out, by reason; they may overlap."""
        width, height = (table.bbox[:, 2:] - table.bbox[:, :2]).T
        return {
            'without identity': table.instance_id < 0,
            'too hidden': table.visibility < self.min_visibility,
            # Under two pixels of width a crop holds no picture, whatever its height.
            'too small': (height < self.min_height) | (width < 2) | (height < 2),
        }

    def _keep(self, table: BoxTable, reasons: dict[str, np.ndarray]) -> BoxTable:
        left_out = np.any(list(reasons.values()), axis=0)
        kept = table.take(~left_out)
        counts = ', '.join(f'{mask.sum()} {reason}' for reason, mask in reasons.items())
        message = f'{self.ann_file}: {len(kept)} of {len(table)} boxes kept ({counts})'
        if len(kept) == 0:
            raise ValueError(
                f'{message}: lower min_visibility={self.min_visibility} or '
                f'min_height={self.min_height}, or check that the file has ground truth'
            )
        identities = len(np.unique(kept.instance_id))
        print_log(f'{message}, {identities} identities', logger='current')
        return kept
