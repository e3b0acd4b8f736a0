"""Features of tasks as a trained network sees them."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine import DefaultScope
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from picture_options import add_out
from torch import Tensor

from mmmaml.apis.model_loading import build_model, load_config
from mmmaml.commands.arguments import add_cfg_options
from mmmaml.datasets import EpisodicDataset
from mmmaml.models.reid import InnerLoopCfg, MetaReIDHead, find_meta_learner
from mmmaml.models.reid.meta_learner import stack_centers
from mmmaml.registry import DATASETS, HOOKS


@dataclass(frozen=True)
class TaskFeatures:
    """One task.

    Attributes:
        feats: (N, k + q, C) inputs of the adapted layer.
        labels: (N,) identity of each way; −1 where there is none.
        num_support: k.
        video: Name of the sequence.
        people: N ids as the ground truth has them.
    """

    feats: Tensor
    labels: Tensor
    num_support: int
    video: str
    people: list[int]


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add options that name a trained network and its data."""
    parser.add_argument('config', help='config that the network was trained with')
    parser.add_argument('checkpoint', help='its weights')
    add_out(parser)
    parser.add_argument(
        '--test-data',
        action='store_true',
        help='people of the test sequences, who need ground truth, instead of the training ones',
    )
    add_cfg_options(parser)


class TrainedNetwork:
    """A network and the tasks of its config.

    Args:
        args: Options of :func:`add_model_options`.

    Attributes:
        head: The head whose last layer adapts.
        inner_loop: The inner loop of the training; that of online adaptation if the config
            trains plainly.
        trained_plainly: True if the config has no ``MAMLOptimizerHook``.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self._config = load_config(args.config, args.cfg_options)
        self._model: Any = build_model(self._config, args.checkpoint, 'cpu')
        self._learner = find_meta_learner(self._model)
        self.head: MetaReIDHead = self._learner.reid_head
        hooks = [h for h in self._config.get('custom_hooks') or [] if _is(h, 'MAMLOptimizerHook')]
        self.trained_plainly = not hooks
        self.inner_loop = (
            HOOKS.build(hooks[0]).cfg if hooks else InnerLoopCfg(solver='closed_form')
        )
        if self.inner_loop.adapt is not None:
            raise ValueError(
                f'{args.config} adapts the parameters {self.inner_loop.adapt!r}; this picture is '
                'of the adaptation of the last layer alone'
            )

    def tasks(self, test_data: bool) -> EpisodicDataset:
        """Build tasks of the training or of the test sequences, their images as they are.

        Raises:
            ValueError: The training data of the config are no tasks.
        """
        dataset = Config(self._config.train_dataloader.dataset.to_dict())
        if not _is(dataset, 'EpisodicDataset'):
            raise ValueError(
                f'the train_dataloader of {self._config.filename} has no EpisodicDataset, so '
                'there are no tasks to look at'
            )
        if test_data:
            test = self._config.test_dataloader.dataset
            for key in ('data_root', 'ann_file', 'data_prefix'):
                dataset.dataset[key] = test[key]
        with DefaultScope.overwrite_default_scope(self._config.get('default_scope', 'mmmaml')):
            tasks = DATASETS.build(dataset)
            plain = [
                hook.pipeline
                for hook in self._config.get('custom_hooks') or []
                if _is(hook, 'TaskMemoryHook') and hook.get('pipeline')
            ]
            return tasks.with_pipeline(plain[0]) if plain else tasks

    @torch.no_grad()
    def features(self, tasks: EpisodicDataset, indices: np.ndarray) -> Iterator[TaskFeatures]:
        """Yield features of some tasks, one after the other."""
        for index in indices.tolist():
            batch: dict[str, Any] = pseudo_collate([tasks[index]])
            batch = self._model.data_preprocessor(batch, True)
            (sample,) = samples = batch['data_samples']
            feats = self._learner.extract_task_feats(batch['inputs'], stack_centers(samples))
            yield TaskFeatures(
                feats=feats[0],
                labels=sample.labels,
                num_support=sample.num_support,
                video=Path(sample.img_paths[0]).parent.parent.name,
                people=[int(each) for each in sample.instance_ids],
            )


def spread(total: int, count: int) -> np.ndarray:
    """Choose at most ``count`` of ``total`` indices, at even steps."""
    return np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int))


def _is(config: Any, name: str) -> bool:
    return str(config.get('type')).split('.')[-1] == name
