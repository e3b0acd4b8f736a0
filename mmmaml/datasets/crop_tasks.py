"""Tasks of crops: k + q images of each of N people."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.dataset import BaseDataset, Compose

from mmmaml.structures import TaskDataSample

from .episode_index import EpisodeIndex, Task
from .task_source import Pipeline, TaskRandomness


class CropTasks:
    """Source of tasks from datasets whose items are pictures of one person each.

    Args:
        parts: Datasets; see :class:`EpisodicDataset` for their items.
        num_support: k.
        num_query: q.
        num_ways: N, identities a task.
        window: Length of the subsequence in frames; None takes whole videos.
        allow_repeats: Let identities with few images repeat those of the support.
        task_pipeline: Transforms of all images of a task together.

    Raises:
        KeyError: Items lack a key; the message names it.
        ValueError: There are fewer identities than ``num_ways``.
    """

    def __init__(
        self,
        parts: list[BaseDataset],
        num_support: int,
        num_query: int,
        num_ways: int,
        window: int | None,
        allow_repeats: bool,
        task_pipeline: Sequence[dict],
    ) -> None:
        self._parts = parts
        self._task_pipeline = Compose(task_pipeline)
        self._ends = np.cumsum([len(part) for part in parts])
        self.num_ways, self.window = num_ways, window
        keys = _item_keys(parts)
        self.index = EpisodeIndex(*keys, num_support, num_query, allow_repeats)
        self.num_identities = self.index.num_identities
        if self.num_identities < num_ways:
            raise ValueError(
                f'num_ways={num_ways} but only {self.num_identities} identities have enough '
                'frames: lower num_ways or num_support'
            )

    def __str__(self) -> str:
        return f'{self.num_ways} ways of crops'

    def draw(self, anchor: int, rng: np.random.Generator) -> Task:
        """Draw the task of one identity and ``num_ways − 1`` others of its subsequence."""
        return self.index.draw(anchor, self.num_ways, self.window, rng)

    def load(self, task: Task, rng: TaskRandomness, pipeline: Pipeline | None) -> dict[str, Any]:
        """Load ``inputs`` (N, k + q, 3, H, W) uint8 and ``data_samples``.

        Another pipeline is used alone, without the transforms of all images together.

        Raises:
            ValueError: A pipeline returned no image, or images of different sizes.
        """
        sources = [self._locate(int(item)) for item in task.items.ravel()]
        infos = [part.get_data_info(local) for part, local in sources]
        images: list[Any] = [None] * len(infos)
        # Frame after frame, so that a loader that keeps frames decodes each of them once.
        for slot in sorted(range(len(infos)), key=lambda i: str(infos[i]['img_path'])):
            item = {**infos[slot], **rng.of_image(slot)}
            results = (pipeline or sources[slot][0].pipeline)(item)
            if results is None or 'img' not in results:
                raise ValueError(f"the pipeline left no 'img' of {infos[slot]['img_path']}")
            images[slot] = results['img']
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            raise ValueError(f'images of a task differ in shape: {sorted(shapes)}; resize them')
        if pipeline is None and self._task_pipeline.transforms:
            images = self._augment(images, task.items.shape, rng)
        return {
            'inputs': _channels_first(images, task.items.shape),
            'data_samples': self._annotate(task, infos),
        }

    def _augment(
        self, images: list[np.ndarray], shape: tuple[int, ...], rng: TaskRandomness
    ) -> list[np.ndarray]:
        """Transform the images of a task together."""
        stacked = np.stack(images).reshape(*shape, *images[0].shape)
        results = self._task_pipeline({'img': stacked, 'rng': rng.of_whole_task()}) or {}
        left = results.get('img')
        if left is None or left.shape != stacked.shape:
            raise ValueError(
                f"task_pipeline must leave images of the shape {stacked.shape} under 'img', it "
                f'left {None if left is None else left.shape}'
            )
        return [*left.reshape(-1, *images[0].shape)]

    def _locate(self, item: int) -> tuple[BaseDataset, int]:
        part = int(np.searchsorted(self._ends, item, side='right'))
        return self._parts[part], item - (int(self._ends[part - 1]) if part else 0)

    def _annotate(self, task: Task, infos: list[dict]) -> TaskDataSample:
        ways, images = task.items.shape
        frame_ids = np.array([int(info['frame_id']) for info in infos])
        metainfo = {
            'num_support': self.index.num_support,
            'img_paths': [str(info['img_path']) for info in infos],
            'frame_ids': frame_ids.reshape(ways, images).tolist(),
            'instance_ids': self.index.keys[task.identities, 1].tolist(),
            'video_ids': [int(info['video_id']) for info in infos[::images]],
        }
        sample = TaskDataSample()
        for key, value in metainfo.items():  # set_metainfo would copy it all deeply
            sample.set_field(value, key, field_type='metainfo')
        sample.labels = torch.from_numpy(np.asarray(task.identities, np.int64))
        return sample


def _channels_first(images: list[np.ndarray], shape: tuple[int, ...]) -> torch.Tensor:
    """Images (H, W, 3) as (N, k + q, 3, H, W)."""
    height, width, channels = images[0].shape
    stacked = np.empty((len(images), channels, height, width), images[0].dtype)
    for image, planes in zip(images, stacked, strict=True):
        cv2.split(image, list(planes))  # ten times faster than a permuted copy
    return torch.from_numpy(stacked.reshape(*shape, channels, height, width))


def _item_keys(parts: list[BaseDataset]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instance, video and frame ids of all items; videos of different datasets kept apart."""
    keys, offset = [], 0
    for part in parts:
        index: Any = getattr(part, 'index', None) or _read_keys(part)
        video = np.asarray(index['video_id'])
        video = np.unique(video, return_inverse=True)[1] + offset
        offset = int(video.max(initial=offset - 1)) + 1
        keys.append((np.asarray(index['instance_id']), video, np.asarray(index['frame_id'])))
    instance_id, video_id, frame_id = zip(*keys, strict=True)
    return np.concatenate(instance_id), np.concatenate(video_id), np.concatenate(frame_id)


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
    return {key: np.asarray(column) for key, column in columns.items()}
