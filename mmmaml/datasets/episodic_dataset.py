"""A dataset whose items are tasks (Eq. 1 of the paper)."""

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from mmengine.dataset import BaseDataset, Compose, ConcatDataset
from mmengine.logging import print_log
from torch.utils.data import Dataset

from mmmaml.registry import DATASETS
from mmmaml.structures import TaskDataSample

from .episode_index import EpisodeIndex, Task


@DATASETS.register_module()
class EpisodicDataset(Dataset):
    """Regroups the samples of any Re-ID dataset into tasks.

    One item is one task: ``num_ways`` identities of one subsequence, each with ``num_support``
    support and ``num_query`` query images from different frames of one video. Every identity is
    the first of one task an epoch. An item is a function of (seed, index) alone, where indices
    from ``len(dataset)`` on mean later epochs (:class:`EpisodeSampler` yields such), so tasks do
    not depend on the number of workers or ranks.

    Args:
        dataset: Dataset or its config. Its items carry ``instance_id``, ``video_id`` and
            ``frame_id`` (an ``index`` property that gives the three as arrays over all items
            saves reading every item), and its pipeline leaves an image (H, W, 3) in ``img``, of
            one size for all. The pipeline finds a ``numpy.random.Generator`` under ``rng`` and
            another under ``task_rng``, which is in the same state for all images of a task.
        num_support: k, support images of each identity. More make the inner loop see more views
            of a person and the task more expensive, and drop identities seen only briefly.
        num_query: q, query images of each identity.
        num_ways: N, identities a task. 1 is the paper's task; more put into a task the negatives
            of the same video that tracking meets.
        window: Length of the subsequence in frames; None takes whole videos. Short windows give
            tasks of one look and light, with queries close in time to their support.
        short_identities: What happens to identities with fewer than k + q frames: ``'drop'``
            leaves them out, ``'repeat'`` repeats support images where there are at least 1 + q.
        seed: Seed of all tasks.

    Raises:
        KeyError: Items lack a key; the message names it.
        TypeError: ``dataset`` is another wrapper than mmengine's ``ConcatDataset``.
        ValueError: There are fewer identities than ``num_ways``, or an argument is out of range.
    """

    def __init__(
        self,
        dataset: dict | BaseDataset | ConcatDataset,
        num_support: int = 4,
        num_query: int = 1,
        num_ways: int = 8,
        window: int | None = None,
        short_identities: Literal['drop', 'repeat'] = 'drop',
        seed: int = 0,
    ) -> None:
        if min(num_support, num_query, num_ways) < 1:
            raise ValueError(
                f'num_support={num_support}, num_query={num_query} and num_ways={num_ways} must '
                'be at least 1'
            )
        if short_identities not in ('drop', 'repeat'):
            raise ValueError(
                f"short_identities must be 'drop' or 'repeat', got {short_identities!r}"
            )
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        concatenated = isinstance(self.dataset, ConcatDataset)
        self._parts = self.dataset.datasets if concatenated else [self.dataset]
        for part in self._parts:
            if not isinstance(part, BaseDataset):
                raise TypeError(
                    f'tasks are drawn from a dataset or a ConcatDataset of datasets, not from a '
                    f'{type(part).__name__}: wrap what is inside it'
                )
        self._part_ends = np.cumsum([len(part) for part in self._parts])
        self.num_ways, self.window, self.seed = num_ways, window, seed
        self._pipeline: Compose | None = None
        instance_id, video_id, frame_id = _item_keys(self._parts)
        self.index = EpisodeIndex(
            instance_id,
            video_id,
            frame_id,
            num_support,
            num_query,
            allow_repeats=short_identities == 'repeat',
        )
        if self.num_identities < num_ways:
            raise ValueError(
                f'num_ways={num_ways} but only {self.num_identities} identities have enough '
                'frames: lower num_ways or num_support'
            )
        counts = self.index.counts
        print_log(
            f'{len(self)} tasks of {num_ways} ways from {counts.identities} identities in '
            f'{counts.videos} videos; left out: {counts.short_identities} identities with too '
            f'few frames ({short_identities!r}), {counts.boxes_without_identity} boxes without '
            f'identity, {counts.repeated_boxes} repeated boxes',
            logger='current',
        )

    @property
    def num_identities(self) -> int:
        """Identities that take part: the number of classes of a classifier over them."""
        return self.index.num_identities

    @property
    def metainfo(self) -> dict:
        """Meta information of the wrapped dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Nothing is left to initialise: the wrapped dataset was read on construction."""

    def with_pipeline(self, pipeline: Sequence[dict]) -> 'EpisodicDataset':
        """The same tasks, their images loaded by another pipeline."""
        other = copy.copy(self)
        other._pipeline = Compose(pipeline)
        return other

    def __len__(self) -> int:
        """Tasks an epoch."""
        return self.num_identities

    def task(self, index: int) -> Task:
        """Identities and items of a task, without loading them."""
        if index < 0:
            raise IndexError(f'task {index}: indices count from 0')
        epoch, anchor = divmod(index, len(self))
        rng = np.random.default_rng((self.seed, 0, epoch, anchor))
        return self.index.draw(anchor, self.num_ways, self.window, rng)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Load a task.

        Returns:
            ``inputs`` (N, k + q, 3, H, W) uint8, in the channel order of the pipeline, and
            ``data_samples``, a :class:`~mmmaml.structures.TaskDataSample`.

        Raises:
            ValueError: The pipeline returned no image, or images of different sizes.
        """
        task = self.task(index)
        sources = [self._locate(int(item)) for item in task.items.ravel()]
        infos = [part.get_data_info(local) for part, local in sources]
        images: list[Any] = [None] * len(infos)
        # Frame after frame, so that a loader that keeps frames decodes each of them once.
        for slot in sorted(range(len(infos)), key=lambda i: str(infos[i]['img_path'])):
            results = dict(
                infos[slot],
                rng=np.random.default_rng((self.seed, 1, index, slot)),
                task_rng=np.random.default_rng((self.seed, 2, index)),
            )
            results = (self._pipeline or sources[slot][0].pipeline)(results)
            if results is None or 'img' not in results:
                raise ValueError(f"the pipeline left no 'img' of {infos[slot]['img_path']}")
            images[slot] = results['img']
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            raise ValueError(f'images of a task differ in shape: {sorted(shapes)}; resize them')
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
        return {
            'inputs': stacked.unflatten(0, task.items.shape),
            'data_samples': self._annotate(task, infos),
        }

    def _locate(self, item: int) -> tuple[BaseDataset, int]:
        part = int(np.searchsorted(self._part_ends, item, side='right'))
        return self._parts[part], item - (int(self._part_ends[part - 1]) if part else 0)

    def _annotate(self, task: Task, infos: list[dict]) -> TaskDataSample:
        ways, images = task.items.shape
        frame_ids = np.array([int(info['frame_id']) for info in infos])
        sample = TaskDataSample(
            metainfo={
                'num_support': self.index.num_support,
                'img_paths': [str(info['img_path']) for info in infos],
                'frame_ids': frame_ids.reshape(ways, images).tolist(),
                'instance_ids': self.index.keys[task.identities, 1].tolist(),
                'video_ids': [int(info['video_id']) for info in infos[::images]],
            }
        )
        sample.labels = torch.from_numpy(np.asarray(task.identities, np.int64))
        return sample


def _item_keys(parts: list[BaseDataset]) -> tuple[np.ndarray, ...]:
    """Instance, video and frame ids of all items; videos of different datasets kept apart."""
    keys, offset = [], 0
    for part in parts:
        index = getattr(part, 'index', None) or _read_keys(part)
        video = np.asarray(index['video_id'], np.int64)
        video = np.unique(video, return_inverse=True)[1] + offset
        offset = int(video.max(initial=offset - 1)) + 1
        keys.append((np.asarray(index['instance_id']), video, np.asarray(index['frame_id'])))
    return tuple(np.concatenate(columns) for columns in zip(*keys, strict=True))


def _read_keys(dataset: BaseDataset) -> dict[str, np.ndarray]:
    columns: dict[str, list] = {'instance_id': [], 'video_id': [], 'frame_id': []}
    for item in range(len(dataset)):
        info = dataset.get_data_info(item)
        for key, column in columns.items():
            if key not in info:
                raise KeyError(
                    f'item {item} of {type(dataset).__name__} has no {key!r}: tasks need '
                    "'instance_id', 'video_id' and 'frame_id'"
                )
            column.append(info[key])
    return {key: np.asarray(column, np.int64) for key, column in columns.items()}
