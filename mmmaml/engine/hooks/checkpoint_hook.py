"""Checkpoints of a run that may be killed at any moment."""

from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook as Base
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmmaml.registry import HOOKS
from mmmaml.utils import write_text

from ..checkpoints import AccumulatedGradients, histories_from_plain, to_plain
from ..trained_models import average_running_statistics, trained_models


@HOOKS.register_module()
class CheckpointHook(Base):
    """MMEngine's hook, which leaves a checkpoint to go on from whenever the run is killed.

    Outdated checkpoints are removed only when the new one is there, where MMEngine removes them
    before; the file ``last_checkpoint`` is replaced in one move and always names a checkpoint
    that is there; gradients that are being accumulated are kept with a checkpoint; and what ranks
    have for themselves, these gradients and running statistics, is averaged, so that a resumed run
    goes on with what the others go on with. The content loads with
    ``torch.load(weights_only=True)``. That checkpoints themselves appear whole or not
    at all is :meth:`MetaRunner.save_checkpoint <mmmaml.engine.MetaRunner.save_checkpoint>`.

    Its arguments are MMEngine's.
    """

    _gradients: AccumulatedGradients | None = None

    def before_train(self, runner: Runner) -> None:
        """Remove what a killed run left half written, put accumulated gradients back."""
        super().before_train(runner)
        if is_main_process() and '://' not in str(self.out_dir):
            for unfinished in Path(self.out_dir).glob('.????????.pth'):
                unfinished.unlink()
        if self._gradients is not None:
            self._gradients.put_back(runner)
            self._gradients = None

    def after_train_epoch(self, runner: Runner) -> None:
        """Save the epoch; checkpoints by iteration get what its end added to the last of them."""
        super().after_train_epoch(runner)
        counted = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if not self.by_epoch and self.save_last and counted and self.is_last_train_epoch(runner):
            meta = {'epoch': runner.epoch + 1, 'iter': runner.iter}
            self._save_checkpoint_with_step(runner, runner.iter, meta)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Leave nothing but plain types in what is not weights."""
        if self._gradients is not None and 'optimizer' in checkpoint:
            checkpoint['gradients'] = self._gradients.by_name
        for key in set(checkpoint) - {'state_dict', 'ema_state_dict'}:
            checkpoint[key] = to_plain(checkpoint[key])

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Give MMEngine the types back that it knows."""
        if 'message_hub' in checkpoint:
            scalars = checkpoint['message_hub']['log_scalars']
            checkpoint['message_hub']['log_scalars'] = histories_from_plain(scalars)
        if 'gradients' in checkpoint and runner._resume:
            self._gradients = AccumulatedGradients(checkpoint['gradients'])

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Write the new checkpoint, then its name, then remove those that are too many."""
        limit = self.max_keep_ckpts
        outdated = self._outdated(step) if limit > 0 else []
        if limit > 0:
            # Outdated ones too: if the run is killed before it removes them, the resumed one does.
            runner.message_hub.update_info('keep_ckpt_ids', [*outdated, *self.keep_ckpt_ids])
        filename = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, filename)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        for model in trained_models(runner):
            average_running_statistics(model)
        self._gradients = AccumulatedGradients.of(runner)
        runner.save_checkpoint(
            self.out_dir,
            filename,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        self._gradients = None
        if is_main_process():
            write_text(Path(runner.work_dir) / 'last_checkpoint', self.last_ckpt)
            for old in outdated:
                self._remove(self.filename_tmpl.format(old))

    def _outdated(self, step: int) -> list[int]:
        """Count a new checkpoint among those kept; return those that it pushes out."""
        if step in self.keep_ckpt_ids:
            return []
        kept = [*self.keep_ckpt_ids, step]
        self.keep_ckpt_ids.append(step)  # a deque of max_keep_ckpts
        return [old for old in kept if old not in self.keep_ckpt_ids]

    def _remove(self, filename: str) -> None:
        path = self.file_backend.join_path(self.out_dir, filename)
        if self.file_backend.isfile(path):
            self.file_backend.remove(path)
