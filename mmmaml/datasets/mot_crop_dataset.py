"""Pedestrians cut straight out of the frames of videos."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.fileio import join_path, load
from mmengine.logging import print_log

from ..registry import DATASETS
from .crop_table import CropTable


@DATASETS.register_module()
class MOTCropDataset(BaseDataset):
    """One item per person and frame; the crops exist in memory only.

    Items have ``img_path``, ``img_shape`` (height, width), ``bbox`` (4,) float32 x1, y1, x2, y2
    in pixels of the frame and clipped to it, ``instance_id``, ``video_id``, ``video`` (its name),
    ``frame_id`` (from 0) and ``visibility``. Use :class:`LoadCrop` as the first transform.

    Args:
        ann_file: CocoVID file as written by ``tools/dataset_converters/mot2coco.py``.
        classes: Names of the classes that are kept. MOT17's ``static_person`` and ``reflection``
            look like pedestrians, but are annotated less carefully.
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

    def load_data_list(self) -> CropTable:
        """Read the annotation file and keep the boxes that show a person well."""
        if not Path(self.ann_file).is_file():
            raise FileNotFoundError(
                f'{self.ann_file} does not exist: make it from the MOTChallenge folder with '
                'tools/dataset_converters/mot2coco.py'
            )
        content = load(self.ann_file)
        annotations = self._of_classes(content)
        table = self._table(content, annotations)
        reasons = self._reasons(table, annotations)
        return self._keep(table, reasons)

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> CropTable:
        if isinstance(indices, int):
            return super()._get_unserialized_subset(indices)
        return self.data_list.take(np.asarray(indices, np.int64))

    def _of_classes(self, content: dict) -> list[dict]:
        numbers = {category['name']: category['id'] for category in content['categories']}
        unknown = set(self.metainfo['classes']) - set(numbers)
        if unknown:
            raise ValueError(
                f'{self.ann_file} has no classes {sorted(unknown)}; there are {sorted(numbers)}'
            )
        wanted = {numbers[name] for name in self.metainfo['classes']}
        return [a for a in content['annotations'] if a['category_id'] in wanted]

    def _table(self, content: dict, annotations: list[dict]) -> CropTable:
        images = content['images']
        names = {video['id']: video['name'] for video in content['videos']}
        prefix = self.data_prefix.get('img_path', '')
        image_ids = np.array([image['id'] for image in images], np.int64)
        shape = np.array([(i['height'], i['width']) for i in images], np.int64).reshape(-1, 2)
        image = self._rows_of(image_ids, annotations)
        return CropTable(
            bbox=_clipped(annotations, shape[image]),
            instance_id=np.array([a['instance_id'] for a in annotations], np.int64),
            visibility=np.array([a['visibility'] for a in annotations], np.float32),
            image=image,
            img_path=np.array([join_path(prefix, i['file_name']) for i in images], str),
            img_shape=shape,
            frame_id=np.array([i['frame_id'] for i in images], np.int64),
            video_id=np.array([i['video_id'] for i in images], np.int64),
            video=np.array([names[i['video_id']] for i in images], str),
        )

    def _rows_of(self, image_ids: np.ndarray, annotations: list[dict]) -> np.ndarray:
        wanted = np.array([a['image_id'] for a in annotations], np.int64)
        unknown = ~np.isin(wanted, image_ids)
        if unknown.any():
            raise ValueError(
                f'{self.ann_file}: annotation {annotations[int(np.argmax(unknown))]["id"]} is of '
                f'image {wanted[unknown][0]}, which the file does not list'
            )
        order = np.argsort(image_ids)
        return order[np.searchsorted(image_ids, wanted, sorter=order)]

    def _reasons(self, table: CropTable, annotations: list[dict]) -> dict[str, np.ndarray]:
        """Why rows are left out: masks that may overlap."""
        width, height = (table.bbox[:, 2:] - table.bbox[:, :2]).T
        considered = np.array([a['mot_conf'] > 0 for a in annotations], bool)
        return {
            'not considered': ~considered & self.considered_only,
            'without identity': table.instance_id < 0,
            'too hidden': table.visibility < self.min_visibility,
            # Under two pixels of width a crop holds no picture, whatever its height.
            'too small': (height < self.min_height) | (width < 2) | (height < 2),
        }

    def _keep(self, table: CropTable, reasons: dict[str, np.ndarray]) -> CropTable:
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


def _clipped(annotations: list[dict], shape: np.ndarray) -> np.ndarray:
    """(R, 4) x1, y1, x2, y2 within images of (R, 2) height and width."""
    boxes = np.array([a['bbox'] for a in annotations], np.float64).reshape(-1, 4)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    limits = np.tile(shape[:, ::-1], 2)
    return np.clip(corners, 0, limits).astype(np.float32)
