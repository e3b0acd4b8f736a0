"""The answer to a training step that is not a number."""

from typing import Any, Literal

import torch
from mmengine.dist import all_gather_object, all_reduce
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from mmmaml.registry import HOOKS

from ..tasks import non_finite_tasks
from ..trained_models import trained_models


@HOOKS.register_module()
class NonFiniteHook(Hook):
    """Guard against NaN and inf of an inner or outer step, before they reach the weights.

    Checked is the gradient of each outer step, which is the same on all ranks and which a NaN of
    the inner step reaches as well. A step that is not finite is not taken. The tasks of the step
    are then run one by one, and the message names the iteration and those that are guilty, with
    identities and files. With automatic mixed precision, steps that only the loss scaling
    overflowed are not counted: there no task alone has a loss or gradient that is not finite.

    Args:
        nan_policy: ``'stop'`` ends the training with that message. ``'skip'`` logs it as an error,
            counts it as ``skipped_steps``, puts running statistics back as they were and goes on
            with the next batch.
        max_in_row: With ``'skip'``, the number of skipped steps in a row at which training ends
            after all: then it is not the data.

    Raises:
        FloatingPointError: In training, by the policy; on all ranks.
        ValueError: ``nan_policy`` or ``max_in_row`` is out of range.
    """

    priority = 'ABOVE_NORMAL'  # before averages of the model take what is to be undone

    def __init__(self, nan_policy: Literal['stop', 'skip'] = 'stop', max_in_row: int = 10) -> None:
        if nan_policy not in ('stop', 'skip'):
            raise ValueError(f"nan_policy must be 'stop' or 'skip', got {nan_policy!r}")
        if max_in_row < 1:
            raise ValueError(f'max_in_row must be at least 1, got {max_in_row}')
        self.nan_policy = nan_policy
        self.max_in_row = max_in_row
        self._in_row = 0
        self._batches: list[Any] = []
        self._buffers: list[Tensor] = []
        self._watching = self._checked = False
        self._finite_losses = True

    def before_train(self, runner: Runner) -> None:
        """Look at the gradients before each step of the optimizer."""
        wrapper = runner.optim_wrapper
        if not isinstance(wrapper, OptimWrapper):
            print_log(f'NonFiniteHook does not check a {type(wrapper).__name__}', 'current')
            return

        def check(*_: Any) -> None:
            self._checked = True
            parameters = [p for group in wrapper.optimizer.param_groups for p in group['params']]
            # By an infinite norm nothing is clipped; what it returns is the norm.
            if torch.nn.utils.clip_grad_norm_(parameters, torch.inf).isfinite():
                self._in_row = 0
            else:
                self._refuse_step(runner, self._culprits(runner))

        wrapper.optimizer.register_step_pre_hook(check)
        self._watching = True

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Remember what the step is made of, over all batches that it accumulates."""
        if not self._watching:
            return
        if not self._batches and self.nan_policy == 'skip':
            self._buffers = [buffer.clone() for buffer in trained_models(runner)[0].buffers()]
        self._batches.append(data_batch)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """See to steps that automatic mixed precision left out by itself."""
        if not self._watching:
            return
        losses = [v for v in (outputs or {}).values() if isinstance(v, Tensor)]
        self._finite_losses &= all(bool(loss.isfinite().all()) for loss in losses)
        if not runner.optim_wrapper.should_update():
            return
        if not self._checked:
            culprits = self._culprits(runner)
            bad = torch.tensor(float(not self._finite_losses or any(culprits)))
            all_reduce(bad, op='max')
            if bad:
                self._refuse_step(runner, culprits)
        self._batches.clear()
        self._checked, self._finite_losses = False, True

    def _culprits(self, runner: Runner) -> list[list[str]]:
        """Run the tasks of the step one by one; return the faults, by rank."""
        module, wrapper = trained_models(runner)[0], runner.optim_wrapper
        buffers = [buffer.clone() for buffer in module.buffers()]
        culprits = [c for batch in self._batches for c in non_finite_tasks(module, wrapper, batch)]
        _put_back(module, buffers)
        return all_gather_object(culprits)

    def _refuse_step(self, runner: Runner, culprits: list[list[str]]) -> None:
        """Leave everything as it was before the step and follow the policy."""
        # Of parameters without a gradient no optimizer makes a step.
        runner.optim_wrapper.zero_grad(set_to_none=True)
        _put_back(trained_models(runner)[0], self._buffers)
        message = _message(runner, culprits)
        self._in_row += 1
        if self.nan_policy == 'stop':
            raise FloatingPointError(message)
        if self._in_row >= self.max_in_row:
            raise FloatingPointError(f'{message}\nThis was step {self._in_row} in a row.')
        skipped = runner.message_hub.runtime_info.get('skipped_steps', 0) + 1
        runner.message_hub.update_info('skipped_steps', skipped)
        print_log(f'{message}\nSkipped, {skipped} so far.', logger='current', level=40)


@torch.no_grad()
def _put_back(module: nn.Module, buffers: list[Tensor]) -> None:
    for buffer, before in zip(module.buffers(), buffers, strict=False):  # none with 'stop'
        buffer.copy_(before)


def _message(runner: Runner, culprits: list[list[str]]) -> str:
    where = f'iteration {runner.iter + 1} (epoch {runner.epoch + 1})'
    lines = [f'{where}: the step is not finite and was not taken.']
    for rank, faults in enumerate(culprits):
        lines += [f'  rank {rank}: {culprit}' for culprit in faults]
    if len(lines) == 1:
        lines.append('  No task alone is to blame; the step is too large as a whole.')
    return '\n'.join(lines)
