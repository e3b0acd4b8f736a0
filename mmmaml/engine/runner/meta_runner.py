"""A Runner that sizes the classifier by the training data and survives being killed."""

import copy
import os
from pathlib import Path
from typing import Any

from mmengine.device import get_device
from mmengine.dist import master_only
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper, _ParamScheduler
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner
from torch import nn

from mmmaml.models.reid import MetaReIDHead
from mmmaml.registry import RUNNERS
from mmmaml.utils import atomic_path

from ..checkpoints import is_whole, newest_checkpoint
from .freed_memory import keep_freed_memory
from .schedules import Rates, differences, misfits, replay, settings_of
from .work_folder import sole_training


@RUNNERS.register_module()
class MetaRunner(Runner):
    """MMEngine's Runner; ``MetaReIDHead(num_classes=None)`` takes its size from the dataset.

    The training dataset is built before the classifier, and that before the optimizer and the
    distributed wrapper see the parameters. Chosen by ``runner_type='mmmaml.MetaRunner'``.

    A run that was killed and is resumed goes on as if nothing had been: checkpoints appear whole
    or not at all, resuming takes the newest that is whole, and what is drawn at random follows
    from the iteration. Three hooks come with it, which ``default_hooks`` can replace or leave out
    with None: ``iteration_seed`` (:class:`~mmmaml.engine.IterationSeedHook`), ``non_finite``
    (:class:`~mmmaml.engine.NonFiniteHook`) and ``weight_check``
    (:class:`~mmmaml.engine.WeightCheckHook`).
    """

    model: nn.Module
    _resume: bool
    _load_from: str | None
    _train_loop: dict | BaseLoop | None
    _schedule: Any = None
    _saved_schedules: list[dict[str, Any]]

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
            'weight_check': {'type': 'mmmaml.WeightCheckHook'},
            'ground_truth': {'type': 'mmmaml.GroundTruthCheckHook'},
            'checkpoint': {'type': 'mmmaml.CheckpointHook', 'interval': 1},
        }
        hooks = {**ours, **(hooks or {})}
        left_out = {name for name in ours if name != 'checkpoint' and hooks[name] is None}
        super().register_default_hooks({k: v for k, v in hooks.items() if k not in left_out})

    def build_train_loop(self, loop: dict | BaseLoop) -> BaseLoop:
        """Build the loop; ``by_epoch=True`` means the one that can go on within an epoch."""
        if isinstance(loop, dict) and loop.get('by_epoch') and 'type' not in loop:
            loop = {k: v for k, v in loop.items() if k != 'by_epoch'}
            loop['type'] = 'mmmaml.EpochBasedTrainLoop'
        return super().build_train_loop(loop)

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedules; see MMEngine. Their configs are kept, to build them anew."""
        parts = scheduler if isinstance(scheduler, list) else [scheduler]
        if all(isinstance(part, dict) for part in parts):
            self._schedule = copy.deepcopy(scheduler)
        return super().build_param_scheduler(scheduler)

    def train(self) -> nn.Module:
        """Size the classifier, then train; nobody else trains in the work folder meanwhile.

        Raises:
            BlockingIOError: Another training has the work folder.
        """
        if get_device() == 'cpu':
            keep_freed_memory()
        with sole_training(self.work_dir):
            self._size_classifiers()
            return super().train()

    def _size_classifiers(self) -> None:
        """Give classifiers without a size that of the training data."""
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

    def load_or_resume(self) -> None:
        """Load or resume; without a name, from the newest checkpoint that is whole."""
        if self._resume and self._load_from is None and not self._has_loaded:
            self._load_from = newest_checkpoint(self.work_dir)
            if self._load_from is None:
                self.logger.info(f'{self.work_dir} has no checkpoint, training starts anew')
                self._resume = False
        super().load_or_resume()
        if isinstance(self._train_loop, BaseLoop):
            for sentence in misfits(self._schedulers(), self.max_epochs, self.max_iters):
                self.logger.warning(sentence)

    def load_checkpoint(self, filename: str, *args: Any, **kwargs: Any) -> dict:
        """Load the weights of a checkpoint. For the arguments see MMEngine.

        Raises:
            ValueError: The file is damaged or no checkpoint.
        """
        try:
            checkpoint = super().load_checkpoint(filename, *args, **kwargs)
        except (OSError, ValueError):
            raise
        except Exception as error:  # torch says in many ways that it cannot read a file
            if '://' in filename or is_whole(filename):
                raise
            why = ' '.join(str(error).split()[:20])
            raise ValueError(
                f'{filename} is damaged, or no checkpoint ({type(error).__name__}: {why})'
            ) from error
        self._saved_schedules = checkpoint.get('param_schedulers', [])
        return checkpoint

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Resume; the tasks that are left come in the order they would have had.

        The rest of the training follows the schedule of the config, as if all of it had.
        """
        wanted = settings_of([each.state_dict() for each in self._schedulers()])
        rates = Rates(self.optim_wrapper) if self._has_one_optimizer() else None
        super().resume(filename, *args, **kwargs)
        if rates is not None:
            self._keep_to_config(filename, rates, wanted)
        sampler = self.train_dataloader.sampler
        if hasattr(sampler, 'seed'):  # it was made before the checkpoint told the seed
            sampler.seed = self.seed

    def _keep_to_config(self, filename: str, rates: Rates, wanted: list[dict[str, Any]]) -> None:
        """Take rates and schedule from the config if those of the checkpoint are others."""
        saved, there = settings_of(self._saved_schedules), Rates(self.optim_wrapper)
        by_metric = any(getattr(each, 'need_val_args', False) for each in self._schedulers())
        if by_metric or (saved == wanted and there.groups == rates.groups):
            return
        group = self.optim_wrapper.param_groups[0]
        before = group['lr']
        rates.restore(self.optim_wrapper)
        if self._schedule is not None:
            self.param_schedulers = super().build_param_scheduler(self._schedule)
        epochs = self.epoch if isinstance(self.train_loop, EpochBasedTrainLoop) else 0
        replay(self._schedulers(), epochs, self.iter, len(self.train_dataloader))
        differing = differences(saved, wanted)
        if there.groups != rates.groups:
            lrs = (each.groups[0]['lr'] for each in (there, rates))
            differing.insert(0, '{:g} there as lr, {:g} in the config'.format(*lrs))
        if differing:
            self.logger.warning(
                f'{filename} was trained by another schedule ({"; ".join(differing)}): the rate '
                'goes on by that of the config, as if it had been so from the start, at '
                f'{group["lr"]:g} in the place of {before:g}'
            )

    def _has_one_optimizer(self) -> bool:
        schedulers = self.param_schedulers
        built = schedulers is None or (
            isinstance(schedulers, list) and len(self._schedulers()) == len(schedulers)
        )
        return built and isinstance(self.optim_wrapper, OptimWrapper)

    def _schedulers(self) -> list[_ParamScheduler]:
        """Return the schedulers that are built, of one optimizer."""
        schedulers = self.param_schedulers if isinstance(self.param_schedulers, list) else []
        return [each for each in schedulers if isinstance(each, _ParamScheduler)]

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
        heads = [m for m in modules if isinstance(m, MetaReIDHead) and m.num_classes is None]
        return [
            head for head in heads if head.weight.requires_grad
        ]  # a frozen one classifies none
