"""Builds the task memory after meta-training."""

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from mmmaml.datasets import EpisodicDataset
from mmmaml.models.reid import InnerLoopCfg, MetaReID
from mmmaml.registry import HOOKS

from .maml_optimizer_hook import find_reid


@HOOKS.register_module()
class TaskMemoryHook(Hook):
    """Keeps training tasks for the initialisation of new tracks (Eq. 6-7).

    After the last epoch one pass over the training tasks runs the inner loop with the final
    parameters and stores the support features and gradients in the head's task memory, before the
    checkpoint is written. Where there are more tasks than the memory takes, tasks are chosen at
    even steps through the identities, which are ordered by video: every video is represented by
    its share. Without an inner loop (plain training) nothing is stored.

    Args:
        batch_size: Tasks at a time.
        num_workers: Processes that load images.
    """

    priority = 'NORMAL'

    def __init__(self, batch_size: int = 4, num_workers: int = 0) -> None:
        self.batch_size = batch_size
        self.num_workers = num_workers

    def after_train_epoch(self, runner: Runner) -> None:
        """Build the memory at the end of the last epoch."""
        reid = find_reid(runner.model)
        if not self.is_last_train_epoch(runner) or reid.inner_loop is None:
            return
        if reid.inner_loop.adapt is not None:
            print_log(
                f'no task memory: it holds tasks of the last layer, and adapt='
                f'{reid.inner_loop.adapt!r} adapts other parameters',
                logger='current',
            )
            return
        dataset = runner.train_dataloader.dataset
        if not isinstance(dataset, EpisodicDataset):
            raise TypeError(
                f'the task memory is built from an EpisodicDataset, the training dataset is a '
                f'{type(dataset).__name__}'
            )
        self.build(runner, reid, dataset, reid.inner_loop)

    def build(
        self, runner: Runner, reid: MetaReID, dataset: EpisodicDataset, cfg: InnerLoopCfg
    ) -> None:
        """Fill the memory with tasks of ``dataset``; the same for any number of ranks."""
        memory = reid.head.task_memory
        size = min(len(dataset), memory.max_tasks)
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
        tasks = [
            self._adapt(reid, model.data_preprocessor(batch, training=True), cfg)
            for batch in loader
        ]
        model.train(was_training)
        parts = all_gather_object((mine, [t for batch in tasks for t in batch]))
        order = np.argsort(np.concatenate([part[0] for part in parts]))
        supports, grads = zip(*[task for part in parts for task in part[1]], strict=True)
        memory.clear()
        with torch.no_grad():
            memory.inner_lr.fill_(reid.head.inner_lr(cfg))
        memory.add(torch.stack(supports)[order], torch.stack(grads)[order])
        print_log(f'task memory: {len(memory)} of {len(dataset)} tasks', logger='current')

    @staticmethod
    @torch.no_grad()
    def _adapt(reid: MetaReID, batch: dict, cfg: InnerLoopCfg) -> list[tuple[Tensor, Tensor]]:
        inputs, samples = batch['inputs'], batch['data_samples']
        labels = torch.stack([sample.labels for sample in samples])
        crops = inputs[:, :, : samples[0].num_support]
        support = reid.extract_crop_feats(crops.flatten(0, 2)).unflatten(0, crops.shape[:3])
        grads = reid.head.adapt(support, support[:, :, :0], labels, cfg).grads
        return list(zip(support.flatten(1, 2).cpu(), grads.cpu(), strict=True))
