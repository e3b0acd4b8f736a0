"""A Runner that sizes the classifier by the training data and survives being killed."""

import os
from pathlib import Path
from typing import Any

from mmengine.device import get_device
from mmengine.dist import master_only
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from torch import nn

from mmmaml.models.reid import MetaReIDHead
from mmmaml.registry import RUNNERS
from mmmaml.utils import atomic_path

from ..checkpoints import newest_checkpoint


@RUNNERS.register_module()
class MetaRunner(Runner):
    """MMEngine's Runner; ``MetaReIDHead(num_classes=None)`` takes its size from the dataset.

    The training dataset is built before the classifier, and that before the optimizer and the
    distributed wrapper see the parameters. Chosen by ``runner_type='mmmaml.MetaRunner'``.

    A run that was killed and is resumed goes on as if nothing had been: checkpoints appear whole
    or not at all, resuming takes the newest that is whole, and what is drawn at random follows
    from the iteration. Two hooks come with it, which ``default_hooks`` can replace or leave out
    with None: ``iteration_seed`` (:class:`~mmmaml.engine.IterationSeedHook`) and ``non_finite``
    (:class:`~mmmaml.engine.NonFiniteHook`).
    """

    model: nn.Module
    _resume: bool
    _load_from: str | None
    _train_loop: dict | BaseLoop | None

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """Wrap for distributed training, which waits until the parameters are all there."""
        if self._unsized_heads(model):
            return model.to(get_device())
        return super().wrap_model(model_wrapper_cfg, model)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register the hooks of every run."""
        ours: dict[str, Any] = {
            'iteration_seed': {'type': 'mmmaml.IterationSeedHook'},
            'non_finite': {'type': 'mmmaml.NonFiniteHook'},
            'checkpoint': {'type': 'mmmaml.CheckpointHook', 'interval': 1},
        }
        hooks = {**ours, **(hooks or {})}
        left_out = {name for name in ('iteration_seed', 'non_finite') if hooks[name] is None}
        super().register_default_hooks({k: v for k, v in hooks.items() if k not in left_out})

    def build_train_loop(self, loop: dict | BaseLoop) -> BaseLoop:
        """Build the loop; ``by_epoch=True`` means the one that can go on within an epoch."""
        if isinstance(loop, dict) and loop.get('by_epoch') and 'type' not in loop:
            loop = {k: v for k, v in loop.items() if k != 'by_epoch'}
            loop['type'] = 'mmmaml.EpochBasedTrainLoop'
        return super().build_train_loop(loop)

    def train(self) -> nn.Module:
        """Size the classifier, then train."""
        heads = self._unsized_heads(self.model)
        if heads:
            self._train_loop = self.build_train_loop(self._train_loop)
            identities = getattr(self.train_dataloader.dataset, 'num_identities', None)
            if identities is None:
                raise ValueError(
                    f'num_classes is not set and {type(self.train_dataloader.dataset).__name__} '
                    'does not know num_identities: set num_classes in MetaReIDHead'
                )
            for head in heads:
                head.set_num_classes(identities)
            self.logger.info(f'MetaReIDHead: num_classes={identities}, from the training dataset')
            self.model = self.wrap_model(self.cfg.get('model_wrapper_cfg'), self.model)
        return super().train()

    def load_or_resume(self) -> None:
        """Load or resume; without a name, from the newest checkpoint that is whole."""
        if self._resume and self._load_from is None and not self._has_loaded:
            self._load_from = newest_checkpoint(self.work_dir)
            if self._load_from is None:
                self.logger.info(f'{self.work_dir} has no checkpoint, training starts anew')
                self._resume = False
        super().load_or_resume()

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Resume; the tasks that are left come in the order they would have had."""
        super().resume(filename, *args, **kwargs)
        sampler = self.train_dataloader.sampler
        if hasattr(sampler, 'seed'):  # it was made before the checkpoint told the seed
            sampler.seed = self.seed

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Save a checkpoint, whole or not at all. For the arguments see MMEngine."""
        if '://' in str(out_dir):
            super().save_checkpoint(out_dir, filename, *args, **kwargs)
            return
        with atomic_path(Path(out_dir) / filename) as temporary:
            super().save_checkpoint(str(temporary.parent), temporary.name, *args, **kwargs)
            with temporary.open('rb') as file:  # on the disk before it takes its name
                os.fsync(file.fileno())

    @staticmethod
    def _unsized_heads(model: nn.Module) -> list[MetaReIDHead]:
        if is_model_wrapper(model):
            return []
        modules = model.modules()
        return [m for m in modules if isinstance(m, MetaReIDHead) and m.num_classes is None]
