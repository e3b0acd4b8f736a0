"""Tasks of frames: the people who are in all of k + q frames of one subsequence."""

from typing import Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.structures import TaskDataSample

from .concat_frame_dataset import ConcatFrameDataset
from .episode_index import EpisodeIndex, FrameTask
from .mot_frame_dataset import MOTFrameDataset
from .task_source import Pipeline, TaskRandomness


class FrameTasks:
    """Source of tasks for networks that embed everybody in a frame in one pass.

    A task is k + q frames, each loaded once; its ways are people who are in all of them, after
    the transforms, which may move people out of the image. If these are fewer than
    ``num_ways``, labels −1 fill up. Labels are those of the dataset of frames, so that a
    classifier trained on tasks is one for its frames, too.

    Args:
        frames: The frames.
        num_support: k.
        num_query: q.
        num_ways: N, greatest number of identities a task.
        window: Length of the subsequence in frames; None takes whole videos.

    Raises:
        ValueError: No identity is in k + q frames.
    """

    def __init__(
        self,
        frames: MOTFrameDataset | ConcatFrameDataset,
        num_support: int,
        num_query: int,
        num_ways: int,
        window: int | None,
    ) -> None:
        self._frames = frames
        self.num_ways, self.window = num_ways, window
        keys = frames.index
        self._items = keys['item']
        self.index = EpisodeIndex(
            keys['instance_id'], keys['video_id'], keys['frame_id'], num_support, num_query
        )
        self.num_identities = frames.num_identities

    def __str__(self) -> str:
        images = self.index.num_support + self.index.num_query
        return f'{images} frames with up to {self.num_ways} ways'

    def draw(self, anchor: int, rng: np.random.Generator) -> FrameTask:
        """Draw frames with one identity; ``identities`` are those of the dataset of frames."""
        task = self.index.draw_frames(anchor, self.window, rng)
        return FrameTask(self.index.keys[task.identities, 1], self._items[task.items])

    def load(
        self, task: FrameTask, rng: TaskRandomness, pipeline: Pipeline | None
    ) -> dict[str, Any]:
        """Load ``inputs`` (F, 3, H, W) uint8 and ``data_samples``.

        Raises:
            ValueError: The pipeline does not end with ``PackFrame``, or gives images of different
                sizes.
        """
        infos = [self._frames.get_data_info(int(item)) for item in task.items]
        packed = [
            _packed((pipeline or self._pipeline(int(item)))({**info, **rng.of_image(slot)}))
            for slot, (item, info) in enumerate(zip(task.items, infos, strict=True))
        ]
        shapes = {tuple(each['inputs'].shape) for each in packed}
        if len(shapes) > 1:
            raise ValueError(
                f'frames of a task differ in shape: {sorted(shapes)}; use LetterboxFrame'
            )
        boxes = _joined([each['data_samples'].gt_instances for each in packed])
        return {
            'inputs': torch.stack([each['inputs'] for each in packed]),
            'data_samples': self._annotate(task, infos, boxes, tuple(shapes.pop())[1:]),
        }

    def _pipeline(self, item: int) -> Pipeline:
        if isinstance(self._frames, ConcatFrameDataset):
            number, _ = self._frames._get_ori_dataset_idx(item)
            return self._frames.datasets[number].pipeline
        return self._frames.pipeline

    def _annotate(
        self, task: FrameTask, infos: list[dict], boxes: InstanceData, shape: tuple[int, ...]
    ) -> TaskDataSample:
        box_rows = _rows_of(boxes, torch.from_numpy(task.identities), len(infos))
        ways = torch.from_numpy(task.identities)[(box_rows >= 0).all(1)][: self.num_ways]
        rows = box_rows[(box_rows >= 0).all(1)][: self.num_ways]
        missing = self.num_ways - len(ways)
        sample = TaskDataSample(
            metainfo={
                'num_support': self.index.num_support,
                'img_paths': [str(info['img_path']) for info in infos],
                'frame_ids': [[int(info['frame_id']) for info in infos]] * self.num_ways,
                'instance_ids': [*ways.tolist(), *[-1] * missing],
                'video_ids': [int(infos[0]['video_id'])] * self.num_ways,
                'img_shape': shape,
            }
        )
        centers = (boxes.bboxes[:, :2] + boxes.bboxes[:, 2:]) / 2
        sample.labels = torch.cat([ways, ways.new_full((missing,), -1)])
        sample.centers = torch.cat([centers[rows], centers.new_zeros(missing, len(infos), 2)])
        sample.gt_instances = boxes
        return sample


def _packed(frame: dict | None) -> dict:
    if frame is None or not isinstance(frame.get('data_samples'), DetDataSample):
        raise ValueError(
            "the pipeline of frames must end with dict(type='PackFrame'), it gave "
            f'{sorted(frame) if frame else frame}'
        )
    return frame


def _joined(frames: list[InstanceData]) -> InstanceData:
    """Return the boxes of all frames, with the frame each is in."""
    counts = torch.tensor([len(frame.labels) for frame in frames])
    return InstanceData(
        bboxes=torch.cat([torch.as_tensor(frame.bboxes) for frame in frames]),
        labels=torch.cat([frame.labels for frame in frames]),
        instances_ids=torch.cat([frame.instances_ids for frame in frames]),
        frames=torch.repeat_interleave(torch.arange(len(frames)), counts),
    )


def _rows_of(boxes: InstanceData, identities: Tensor, num_frames: int) -> Tensor:
    """Return (P, F) rows of identities' boxes in each frame, −1 if there is none."""
    frames = torch.arange(num_frames)
    match = boxes.instances_ids == identities[:, None, None]
    match = match & (boxes.frames == frames[:, None])
    rows = torch.where(match, torch.arange(len(boxes.labels)), -1)
    return rows.max(-1).values if len(boxes.labels) else rows.new_full(match.shape[:2], -1)
