"""The part of the training tasks that online tracking starts from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import BaseModel
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from mmmaml.datasets import EpisodicDataset
from mmmaml.models.reid import MetaLearner, find_meta_learner
from mmmaml.registry import DATASETS, HOOKS

from ..tasks import KeptTask, keep_tasks, once_each
from ..trained_models import average_running_statistics, trained_models


@HOOKS.register_module()
class TaskMemoryHook(Hook):
    """Keeper of training tasks for the initialisation of new tracks (Eq. 6-7).

    At the end of training, before the last checkpoint is written, one pass over the training
    tasks runs the inner loop with the final parameters and stores support features and gradients
    in the head's task memory, and the scatter of embeddings within identities that online
    adaptation starts from. Where there are more tasks than the memory takes, tasks are chosen at
    even steps through the identities, which are ordered by video: every video is represented by
    its share. Without gradient steps of the last layer (plain training, or an inner loop in closed
    form) there is only the scatter to store.

    Tasks belong to the weights they were run with. So the next epoch begins with an empty memory,
    checkpoints in between have none (but for ``interval``), and where an ``EMAHook`` averages the
    weights, the averaged model gets tasks and scatter of its own, which its checkpoint holds.

    Args:
        dataset: Config of an ``EpisodicDataset`` of the tasks to keep. None takes the training
            dataset, which then has to be one. A model that is trained on single frames needs its
            own here; without a ``dataset`` in turn, it regroups the training dataset.
        pipeline: Transforms that load the images of this pass; what the tracker will see, so
            without augmentation. None takes those of training.
        batch_size: Tasks at a time.
        num_workers: Processes that load images.
        interval: Keep tasks after every so many epochs as well, for checkpoints and validations
            that are to track with them. −1: at the end only.
    """

    priority = 'LOW'  # after the weights were averaged, before they are saved

    def __init__(
        self,
        dataset: dict | None = None,
        pipeline: Sequence[dict] | None = None,
        batch_size: int = 4,
        num_workers: int = 0,
        interval: int = -1,
    ) -> None:
        self.dataset = dataset
        self.pipeline = pipeline
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.interval = interval

    def before_train_epoch(self, runner: Runner) -> None:
        """Forget tasks of weights that are about to change."""
        for model in trained_models(runner):
            find_meta_learner(model).reid_head.task_memory.clear()

    def after_train_epoch(self, runner: Runner) -> None:
        """Build the memory at the end of the last epoch."""
        due = self.is_last_train_epoch(runner) or self.every_n_epochs(runner, self.interval)
        if due and isinstance(runner.train_loop, EpochBasedTrainLoop):
            self.build(runner)

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Build the memory after the last iteration if training is not counted in epochs."""
        counted = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if not counted and self.is_last_train_iter(runner):
            self.build(runner)

    def build(self, runner: Runner) -> None:
        """Fill memory and scatter of the head, and of an averaged one, from the training tasks."""
        dataset = self._tasks(runner)
        inner_loop = find_meta_learner(runner.model).inner_loop
        for model in trained_models(runner):
            learner = find_meta_learner(model)
            learner.set_inner_loop(inner_loop)  # an averaged model was copied before it was set
            average_running_statistics(learner)
            self._fill(learner, self._pass(model, learner, dataset))
        kept = len(learner.reid_head.task_memory)
        print_log(f'task memory: {kept} of {len(dataset)} tasks', logger='current')

    @staticmethod
    def _fill(learner: MetaLearner, kept: list[KeptTask]) -> None:
        head = learner.reid_head
        head.scatter.fill(*once_each(kept))
        head.task_memory.clear()
        if learner.inner_loop is None or kept[0].grads is None:
            return
        with torch.no_grad():
            head.task_memory.inner_lr.fill_(head.inner_lr(learner.inner_loop))
        head.task_memory.add(
            torch.stack([task.support for task in kept]),
            torch.stack([task.grads for task in kept if task.grads is not None]),
        )

    def _tasks(self, runner: Runner) -> EpisodicDataset:
        dataset = runner.train_dataloader.dataset
        if self.dataset is not None:
            dataset = DATASETS.build({'dataset': dataset, **self.dataset})
        if not isinstance(dataset, EpisodicDataset):
            raise TypeError(
                f'the task memory is built from an EpisodicDataset, the training dataset is a '
                f'{type(dataset).__name__}: state one as dataset of TaskMemoryHook'
            )
        return dataset if self.pipeline is None else dataset.with_pipeline(self.pipeline)

    def _pass(
        self, model: BaseModel, learner: MetaLearner, dataset: EpisodicDataset
    ) -> list[KeptTask]:
        """Run the chosen tasks; return the kept part of each, in their order.

        Ranks share whole batches, so that each task is run with the same others, and gives the
        same bits, for any number of ranks.
        """
        size = min(len(dataset), learner.reid_head.task_memory.max_tasks)
        indices = np.linspace(0, len(dataset) - 1, size).round().astype(int).tolist()
        batches = [indices[i : i + self.batch_size] for i in range(0, size, self.batch_size)]
        ranks = get_world_size()
        loader = DataLoader(
            dataset,
            batch_sampler=batches[get_rank() :: ranks],
            num_workers=self.num_workers,
            collate_fn=pseudo_collate,
        )
        was_training = model.training
        model.eval()
        mine = [
            keep_tasks(learner, model.data_preprocessor(batch, training=True)) for batch in loader
        ]
        model.train(was_training)
        parts = all_gather_object(mine)
        return [task for i in range(len(batches)) for task in parts[i % ranks][i // ranks]]
