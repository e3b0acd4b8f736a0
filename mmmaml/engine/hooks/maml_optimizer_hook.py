"""MAML as a hook (Algorithm 1 of the paper)."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from mmmaml.models.reid import InnerLoopCfg, find_meta_learner, meta_learner_of
from mmmaml.registry import HOOKS


@HOOKS.register_module()
class MAMLOptimizerHook(Hook):
    """MAML training of a :class:`~mmmaml.models.reid.MetaLearner`.

    That is a ``MetaReID`` on tasks of crops, or a ``OneShotDetector`` on tasks of frames.

    The hook owns the inner loop and hands it to the model before training; the outer update
    (Eq. 5) stays with the optimizer wrapper. Without the hook the same config trains the plain
    baseline. Logged beside the losses: the support loss before, and the query loss before and
    after adaptation.

    Args:
        inner_loop: The knobs of :class:`~mmmaml.models.reid.InnerLoopCfg`, by name.

    Raises:
        TypeError: An argument is unknown, or the model has no part that trains on tasks.
        ValueError: An argument is out of range, ``adapt`` matches nothing, or the head's
            classifier does not go with the solver.
    """

    def __init__(self, **inner_loop: Any) -> None:
        unknown = sorted(set(inner_loop) - set(InnerLoopCfg.names()))
        if unknown:
            raise TypeError(
                f'MAMLOptimizerHook has no argument {", ".join(unknown)}; it has '
                f'{", ".join(InnerLoopCfg.names())}'
            )
        self.cfg = InnerLoopCfg(**inner_loop)

    def before_run(self, runner: Runner) -> None:
        """Start a learned inner rate; a checkpoint loaded after this replaces it."""
        learner = meta_learner_of(runner.model)
        rate = None if learner is None else learner.reid_head.log_inner_lr
        if rate is not None:
            nn.init.constant_(rate, rate.new_tensor(self.cfg.inner_lr).log().item())

    def before_train(self, runner: Runner) -> None:
        """Hand the inner loop to the model."""
        find_meta_learner(runner.model).set_inner_loop(self.cfg)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Log the learned inner rate."""
        head = find_meta_learner(runner.model).reid_head
        if head.log_inner_lr is not None:
            rate = float(head.log_inner_lr.detach().exp())
            runner.message_hub.update_scalar('train/inner_lr', rate)
