"""Several datasets of frames as one, their people kept apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset

from ..registry import DATASETS
from .mot_frame_dataset import MOTFrameDataset


@DATASETS.register_module()
class ConcatFrameDataset(ConcatDataset):
    """MMEngine's ``ConcatDataset`` whose identities never collide.

    The identities of each dataset are counted on from those before it, so one classifier serves
    all. Datasets without identities (all boxes −1) train detection only. Files that show the same
    people, such as MOT16 and MOT17, must not be joined: every person would become two.

    Args:
        datasets: Configs of :class:`MOTFrameDataset`, or such datasets, of the same classes.
        **kwargs: Other arguments of mmengine's class.

    Raises:
        TypeError: A dataset is of another kind.
        ValueError: A dataset is there twice, so that every person would become two, or the
            classes differ.
    """

    datasets: list[MOTFrameDataset]

    def __init__(self, datasets: Sequence[dict | MOTFrameDataset], **kwargs: Any) -> None:
        parts = [DATASETS.build(part) if isinstance(part, dict) else part for part in datasets]
        for part in parts:
            if not isinstance(part, MOTFrameDataset):
                raise TypeError(
                    f'ConcatFrameDataset joins MOTFrameDatasets, not a {type(part).__name__}'
                )
        files = [part.ann_file for part in parts]
        for file in files:
            if files.count(file) > 1:
                raise ValueError(f'{file} is joined twice: its people would become two each')
        super().__init__(parts, **kwargs)
        first = 0
        for number, part in enumerate(parts):
            part.number, part.first_identity = number, first
            first += part.num_identities
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    @property
    def num_identities(self) -> int:
        """Identities in all datasets: the number of classes of a classifier over them."""
        return sum(part.num_identities for part in self.datasets)

    @property
    def index(self) -> dict[str, np.ndarray]:
        """As :attr:`MOTFrameDataset.index`, videos of different datasets kept apart."""
        keys, videos = [], 0
        for part, start in zip(self.datasets, self._starts[:-1], strict=True):
            index = part.index
            video = np.unique(index['video_id'], return_inverse=True)[1] + videos
            videos = int(video.max(initial=videos - 1)) + 1
            keys.append({**index, 'video_id': video, 'item': index['item'] + start})
        return {name: np.concatenate([key[name] for key in keys]) for name in keys[0]}

    def __getitem__(self, idx: int) -> Any:
        """Load item ``idx`` modulo the length, in the epoch that is its quotient."""
        epoch, item = divmod(idx + len(self) if idx < 0 else idx, len(self))
        number, local = self._get_ori_dataset_idx(item)
        part = self.datasets[number]
        return part[epoch * len(part) + local]
