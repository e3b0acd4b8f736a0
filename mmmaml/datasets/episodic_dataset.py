"""A dataset whose items are tasks (Eq. 1 of the paper)."""

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from mmengine.dataset import BaseDataset, Compose, ConcatDataset
from mmengine.logging import print_log
from torch.utils.data import Dataset

from mmmaml.registry import DATASETS

from .concat_frame_dataset import ConcatFrameDataset
from .crop_tasks import CropTasks
from .episode_index import EpisodeIndex, FrameTask, Task
from .frame_tasks import FrameTasks
from .mot_frame_dataset import MOTFrameDataset
from .task_source import TaskRandomness, TaskSource


@DATASETS.register_module()
class EpisodicDataset(Dataset):
    """Dataset of tasks, into which the samples of another are regrouped.

    One item is one task: ``num_ways`` identities of one subsequence, each with ``num_support``
    support and ``num_query`` query images from different frames of one video. Of a dataset of
    pictures of people (any Re-ID dataset) the images are these, of a :class:`MOTFrameDataset` the
    frames, and the ways the people who are in all of them. Every identity is the first of one
    task an epoch. An item is a function of (seed, index) alone; indices
    from ``len(dataset)`` on mean later epochs (:class:`EpisodeSampler` yields such), so tasks do
    not depend on the number of workers or ranks.

    Args:
        dataset: Dataset or its config. Its items carry ``instance_id``, ``video_id`` and
            ``frame_id`` (an ``index`` property that gives the three as arrays over all items
            saves reading every item), and its pipeline leaves an image (H, W, 3) in ``img``, of
            one size for all. The pipeline finds a ``numpy.random.Generator`` under ``rng`` and
            another under ``task_rng``, which is in the same state for all images of a task.
            Or a :class:`MOTFrameDataset` or :class:`ConcatFrameDataset`, whose pipeline ends with
            ``PackFrame``.
        num_support: k, support images of each identity. More make the inner loop see more views
            of a person and the task more expensive, and drop identities seen only briefly.
        num_query: q, query images of each identity.
        num_ways: N, identities a task. 1 is the paper's task; more put into a task the negatives
            of the same video that tracking meets. Of frames, the greatest number.
        window: Length of the subsequence in frames; None takes whole videos. Short windows give
            tasks of one light, with queries close in time to their support. Tasks of frames need
            them: in frames far apart there are few of the same people.
        short_identities: Fate of identities with fewer than k + q frames: ``'drop'``
            leaves them out, ``'repeat'`` repeats support images if there are at least 1 + q,
            of crops only.
        seed: Seed of all tasks.
        task_pipeline: Transforms of all images of a task together, after those of the dataset's
            own pipeline, which see one image at a time; of crops only. They find the images
            (N, k + q, H, W, 3) under ``img`` and a ``numpy.random.Generator`` under ``rng``.

    Raises:
        KeyError: Items lack a key; the message names it.
        TypeError: ``dataset`` is a wrapper of another kind.
        ValueError: There are fewer identities than ``num_ways``, or an argument is out of range.

    Example:
        Any dataset whose items say who, in which video and in which frame; here three people in
        five frames.

        >>> class People(BaseDataset):
        ...     def load_data_list(self):
        ...         keys = [(who, frame) for who in range(3) for frame in range(5)]
        ...         people = [dict(instance_id=w, video_id=0, frame_id=f) for w, f in keys]
        ...         blank = np.zeros((8, 4, 3), dtype=np.uint8)
        ...         return [dict(each, img=blank, img_path='blank') for each in people]
        >>> tasks = EpisodicDataset(People(), num_support=3, num_query=1, num_ways=2)
        >>> len(tasks), tuple(tasks[0]['inputs'].shape)  # ways, images, channels, height, width
        (3, (2, 4, 3, 8, 4))
        >>> tasks.task(0).items.shape
        (2, 4)
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
        task_pipeline: Sequence[dict] = (),
    ) -> None:
        if min(num_support, num_query, num_ways) < 1:
            raise ValueError(
                f'num_support={num_support}, num_query={num_query} and num_ways={num_ways} must '
                'be at least 1'
            )
        if window is not None and window < num_support + num_query:
            raise ValueError(
                f'window={window} holds no {num_support + num_query} frames, which a task of '
                f'num_support={num_support} and num_query={num_query} needs'
            )
        if seed < 0:
            raise ValueError(f'seed={seed} must be at least 0')
        if short_identities not in ('drop', 'repeat'):
            raise ValueError(
                f"short_identities must be 'drop' or 'repeat', got {short_identities!r}"
            )
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.num_ways, self.window, self.seed = num_ways, window, seed
        self._pipeline: Compose | None = None
        numbers = (num_support, num_query, num_ways, window)
        self._source = _source(self.dataset, numbers, short_identities == 'repeat', task_pipeline)
        counts = self.index.counts
        print_log(
            f'{len(self)} tasks of {self._source} from {counts.identities} identities in '
            f'{counts.videos} videos; left out: {counts.short_identities} identities with too '
            f'few frames ({short_identities!r}), {counts.boxes_without_identity} boxes without '
            f'identity, {counts.repeated_boxes} repeated boxes',
            logger='current',
        )

    @property
    def index(self) -> EpisodeIndex:
        """Index of the identities in each frame."""
        return self._source.index

    @property
    def num_identities(self) -> int:
        """Classes of a classifier over the identities; of crops, those that take part."""
        return self._source.num_identities

    @property
    def metainfo(self) -> dict:
        """Meta information of the wrapped dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Do nothing: the wrapped dataset was read on construction."""

    def with_pipeline(self, pipeline: Sequence[dict]) -> 'EpisodicDataset':
        """Return the same tasks, their images loaded by another pipeline and nothing else."""
        other = copy.copy(self)
        other._pipeline = Compose(pipeline)
        return other

    def __len__(self) -> int:
        """Return the number of tasks an epoch."""
        return self.index.num_identities

    def task(self, index: int) -> Task | FrameTask:
        """Draw identities and items of a task, without loading them."""
        if index < 0:
            raise IndexError(f'task {index}: indices count from 0')
        epoch, anchor = divmod(index, len(self))
        rng = np.random.default_rng((self.seed, 0, epoch, anchor))
        return self._source.draw(anchor, rng)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Load a task.

        Returns:
            ``inputs`` uint8 in the channel order of the pipeline, (N, k + q, 3, H, W) of crops
            or (k + q, 3, H, W) of frames, and ``data_samples``, a
            :class:`~mmmaml.structures.TaskDataSample`.

        Raises:
            ValueError: The pipeline returned no image, or images of different sizes.
        """
        randomness = TaskRandomness(self.seed, index)
        return self._source.load(self.task(index), randomness, self._pipeline)


def _source(
    dataset: Dataset,
    numbers: tuple[int, int, int, int | None],
    allow_repeats: bool,
    task_pipeline: Sequence[dict],
) -> TaskSource:
    if isinstance(dataset, MOTFrameDataset | ConcatFrameDataset):
        if task_pipeline:
            raise ValueError(
                'task_pipeline transforms the crops of a task together, frames are transformed '
                'one by one: leave it out'
            )
        if allow_repeats:
            raise ValueError(
                "short_identities='repeat' repeats crops; people in few frames take part in tasks "
                "of frames as boxes for detection: leave it at 'drop'"
            )
        return FrameTasks(dataset, *numbers)
    parts = dataset.datasets if isinstance(dataset, ConcatDataset) else [dataset]
    for part in parts:
        if isinstance(part, MOTFrameDataset):
            raise TypeError('frames are joined by ConcatFrameDataset, which keeps people apart')
        if not isinstance(part, BaseDataset):
            raise TypeError(
                f'tasks are drawn from a dataset or a ConcatDataset of datasets, not from a '
                f'{type(part).__name__}: wrap what is inside it'
            )
    return CropTasks(parts, *numbers, allow_repeats, task_pipeline)
