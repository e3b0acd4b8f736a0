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
from mmmaml.models.reid import MetaReID
from mmmaml.registry import HOOKS

from .maml_optimizer_hook import find_reid


class _Kept(NamedTuple):
    """What is kept of one task.

    Attributes:
        embeds: (k + q, D) embeddings of its first identity.
        distinct: (k + q,) which of them are not repeats of others.
        support: (N·k, C) support features.
        grads: (N·k, D) gradients of the inner loop; None without an inner loop of the last layer.
    """

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
        pipeline: Transforms that load the images of this pass; what the tracker will see, so
            without augmentation. None takes those of training.
        batch_size: Tasks at a time.
        num_workers: Processes that load images.
    """

    def __init__(
        self,
        pipeline: Sequence[dict] | None = None,
        batch_size: int = 4,
        num_workers: int = 0,
    ) -> None:
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
        dataset = runner.train_dataloader.dataset
        if not isinstance(dataset, EpisodicDataset):
            raise TypeError(
                f'the task memory is built from an EpisodicDataset, the training dataset is a '
                f'{type(dataset).__name__}'
            )
        reid = find_reid(runner.model)
        if self.pipeline is not None:
            dataset = dataset.with_pipeline(self.pipeline)
        # Every rank has its own running statistics; the checkpoint will hold only one.
        all_reduce_params(reid.buffers(), op='mean')
        kept = self._pass(runner, reid, dataset)
        reid.head.scatter.fill(
            torch.stack([task.embeds for task in kept]),
            torch.stack([task.distinct for task in kept]),
        )
        memory = reid.head.task_memory
        memory.clear()
        if kept[0].grads is None:
            return
        with torch.no_grad():
            memory.inner_lr.fill_(reid.head.inner_lr(reid.inner_loop))
        memory.add(
            torch.stack([task.support for task in kept]),
            torch.stack([task.grads for task in kept if task.grads is not None]),
        )
        print_log(f'task memory: {len(memory)} of {len(dataset)} tasks', logger='current')

    def _pass(self, runner: Runner, reid: MetaReID, dataset: EpisodicDataset) -> list[_Kept]:
        """What is kept of each chosen task, in their order, the same for any number of ranks."""
        size = min(len(dataset), reid.head.task_memory.max_tasks)
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
        kept = [task for batch in batches for task in _keep(reid, batch)]
        model.train(was_training)
        parts = all_gather_object((mine, kept))
        order = np.argsort(np.concatenate([part[0] for part in parts]))
        gathered = [task for part in parts for task in part[1]]
        return [gathered[i] for i in order]


@torch.no_grad()
def _keep(reid: MetaReID, batch: dict) -> list[_Kept]:
    inputs, samples = batch['inputs'], batch['data_samples']
    labels = torch.stack([sample.labels for sample in samples])
    feats = reid.extract_crop_feats(inputs.flatten(0, 2)).unflatten(0, inputs.shape[:3])
    support = feats[:, :, : samples[0].num_support]
    embeds = reid.head(feats[:, 0]).cpu()
    distinct = torch.tensor([_first_occurrences(sample.frame_ids[0]) for sample in samples])
    cfg = reid.inner_loop
    # The memory holds tasks of the last layer; of others only the scatter is of use.
    if cfg is None or cfg.adapt is not None or cfg.solver == 'closed_form':
        grads: list[Tensor | None] = [None] * len(feats)
    else:
        adapted = reid.head.adapt(support, support[:, :, :0], labels, cfg).grads
        assert adapted is not None
        grads = list(adapted.cpu())
    flat = support.flatten(1, 2).cpu()
    # Clones: a view would take the storage of its whole batch along to other processes.
    return [
        _Kept(e.clone(), d.clone(), s.clone(), None if g is None else g.clone())
        for e, d, s, g in zip(embeds, distinct, flat, grads, strict=True)
    ]


def _first_occurrences(frames: list[int]) -> list[bool]:
    return [frame not in frames[:position] for position, frame in enumerate(frames)]
