"""Keeps of the training tasks what online tracking starts from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import all_gather_object, all_reduce_params, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from mmmaml.datasets import EpisodicDataset
from mmmaml.models.reid import MetaLearner
from mmmaml.models.reid.meta_learner import stack_centers
from mmmaml.registry import DATASETS, HOOKS

from .maml_optimizer_hook import find_meta_learner


class _Kept(NamedTuple):
    """What is kept of one task.

    Attributes:
        labels: (N,) identities, −1 of a way that is not there.
        embeds: (N, k + q, D) embeddings.
        distinct: (N, k + q) which of them are not repeats of others.
        support: (N·k, C) support features, zeros of a way that is not there.
        grads: (N·k, D) gradients of the inner loop; None without an inner loop of the last layer.
    """

    labels: Tensor
    embeds: Tensor
    distinct: Tensor
    support: Tensor
    grads: Tensor | None


@HOOKS.register_module()
class TaskMemoryHook(Hook):
    """Keeps training tasks for the initialisation of new tracks (Eq. 6-7).

    At the end of training, before the last checkpoint is written, one pass over the training
    tasks runs the inner loop with the final parameters and stores support features and gradients
    in the head's task memory, and the scatter of embeddings within identities that online
    adaptation starts from. Where there are more tasks than the memory takes, tasks are chosen at
    even steps through the identities, which are ordered by video: every video is represented by
    its share. Without gradient steps of the last layer (plain training, or an inner loop in closed
    form) there is only the scatter to store.

    Args:
        dataset: Config of an ``EpisodicDataset`` of the tasks to keep. None takes the training
            dataset, which then has to be one; a model that is trained on single frames needs its
            own here, over the same identities.
        pipeline: Transforms that load the images of this pass; what the tracker will see, so
            without augmentation. None takes those of training.
        batch_size: Tasks at a time.
        num_workers: Processes that load images.
    """

    def __init__(
        self,
        dataset: dict | None = None,
        pipeline: Sequence[dict] | None = None,
        batch_size: int = 4,
        num_workers: int = 0,
    ) -> None:
        self.dataset = dataset
        self.pipeline = pipeline
        self.batch_size = batch_size
        self.num_workers = num_workers

    def after_train_epoch(self, runner: Runner) -> None:
        """Build the memory at the end of the last epoch."""
        if self.is_last_train_epoch(runner):
            self.build(runner)

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Build the memory after the last iteration where training is not counted in epochs."""
        counted = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if not counted and self.is_last_train_iter(runner):
            self.build(runner)

    def build(self, runner: Runner) -> None:
        """Fill memory and scatter of the head from the training tasks."""
        dataset = self._tasks(runner)
        learner = find_meta_learner(runner.model)
        head = learner.reid_head
        # Every rank has its own running statistics; the checkpoint will hold only one.
        all_reduce_params(learner.buffers(), op='mean')
        kept = self._pass(runner, learner, dataset)
        head.scatter.fill(*_once_each(kept))
        memory = head.task_memory
        memory.clear()
        if learner.inner_loop is None or kept[0].grads is None:
            return
        with torch.no_grad():
            memory.inner_lr.fill_(head.inner_lr(learner.inner_loop))
        memory.add(
            torch.stack([task.support for task in kept]),
            torch.stack([task.grads for task in kept if task.grads is not None]),
        )
        print_log(f'task memory: {len(memory)} of {len(dataset)} tasks', logger='current')

    def _tasks(self, runner: Runner) -> EpisodicDataset:
        dataset = runner.train_dataloader.dataset
        if self.dataset is not None:
            dataset = DATASETS.build(self.dataset)
        if not isinstance(dataset, EpisodicDataset):
            raise TypeError(
                f'the task memory is built from an EpisodicDataset, the training dataset is a '
                f'{type(dataset).__name__}: state one as dataset of TaskMemoryHook'
            )
        return dataset if self.pipeline is None else dataset.with_pipeline(self.pipeline)

    def _pass(self, runner: Runner, learner: MetaLearner, dataset: EpisodicDataset) -> list[_Kept]:
        """What is kept of each chosen task, in their order, the same for any number of ranks."""
        size = min(len(dataset), learner.reid_head.task_memory.max_tasks)
        indices = np.linspace(0, len(dataset) - 1, size).round().astype(int)
        mine = indices[get_rank() :: get_world_size()]
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        loader = DataLoader(
            Subset(dataset, mine.tolist()),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            collate_fn=pseudo_collate,
        )
        was_training = model.training
        model.eval()
        batches = (model.data_preprocessor(batch, training=True) for batch in loader)
        kept = [task for batch in batches for task in _keep(learner, batch)]
        model.train(was_training)
        parts = all_gather_object((mine, kept))
        order = np.argsort(np.concatenate([part[0] for part in parts]))
        gathered = [task for part in parts for task in part[1]]
        return [gathered[i] for i in order]


@torch.no_grad()
def _keep(learner: MetaLearner, batch: dict) -> list[_Kept]:
    inputs, samples = batch['inputs'], batch['data_samples']
    labels = torch.stack([sample.labels for sample in samples])
    feats = learner.extract_task_feats(inputs, stack_centers(samples))
    feats = feats * (labels >= 0)[..., None, None]
    support = feats[:, :, : samples[0].num_support]
    embeds = learner.reid_head(feats).cpu()
    distinct = torch.tensor(
        [[_first_occurrences(frames) for frames in sample.frame_ids] for sample in samples]
    )
    cfg = learner.inner_loop
    # The memory holds tasks of the last layer; of others only the scatter is of use.
    if cfg is None or cfg.adapt is not None or cfg.solver == 'closed_form':
        grads: list[Tensor | None] = [None] * len(feats)
    else:
        adapted = learner.reid_head.adapt(support, support[:, :, :0], labels, cfg).grads
        assert adapted is not None
        grads = list(adapted.cpu())
    flat, names = support.flatten(1, 2).cpu(), labels.cpu()
    # Clones: a view would take the storage of its whole batch along to other processes.
    return [
        _Kept(n.clone(), e.clone(), d.clone(), s.clone(), None if g is None else g.clone())
        for n, e, d, s, g in zip(names, embeds, distinct, flat, grads, strict=True)
    ]


def _once_each(kept: list[_Kept]) -> tuple[Tensor, Tensor]:
    """Embeddings (I, k + q, D) of every identity in one task, and which of them (I, k + q) count.

    Of several tasks that is the one it comes first in, or at all the first of.
    """
    # First ways before second ones: the first is whom a task of crops is drawn about.
    labels, embeds, distinct = (
        torch.stack([getattr(task, name) for task in kept]).transpose(0, 1).flatten(0, 1)
        for name in ('labels', 'embeds', 'distinct')
    )
    identities, first = np.unique(labels.numpy(), return_index=True)
    chosen = torch.from_numpy(np.sort(first[identities >= 0]))
    return embeds[chosen], distinct[chosen]


def _first_occurrences(frames: list[int]) -> list[bool]:
    return [frame not in frames[:position] for position, frame in enumerate(frames)]
