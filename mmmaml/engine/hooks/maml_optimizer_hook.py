"""MAML as a hook (Algorithm 1 of the paper)."""

from typing import Literal

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from mmmaml.models.reid import InnerLoopCfg, MetaLearner
from mmmaml.registry import HOOKS


@HOOKS.register_module()
class MAMLOptimizerHook(Hook):
    """Turns the training of a :class:`~mmmaml.models.MetaLearner` into MAML training.

    That is a ``MetaReID`` on tasks of crops, or a ``OneShotDetector`` on tasks of frames.

    The hook owns the inner loop and hands it to the model before training; the outer update
    (Eq. 5) stays with the optimizer wrapper. Without the hook the same config trains the plain
    baseline. Logged beside the losses: the support loss before, and the query loss before and
    after adaptation.

    Args:
        inner_lr: Inner rate α. Where the head learns its rate this is where it starts.
        num_steps: Gradient steps of the inner loop. Each costs a few small matrix products.
        first_order: Treat inner gradients as constants: cheaper, and blind to how the features
            change the inner step.
        adapt: Regular expression over parameter names of what learns, e.g. ``'head'``.
            None adapts the last layer in kernel form, which is much faster.
        solver: What the inner update is. ``'gradient'``: the steps of the paper.
            ``'closed_form'``: the last layer solved for, by which the support images of a person
            lie as close together as those of people allow; the outer update differentiates
            through it. It is what online adaptation does, and needs a head with
            ``task_classifier='prototype'``.
        shrinkage: For ``'closed_form'``, how far the layer stays from the one solved for. Larger
            adapts less and is safer with few support images.
        prior_weight: For ``'closed_form'``, how many support images the tasks before are worth.

    Raises:
        TypeError: The model has no part that can be trained on tasks.
        ValueError: An argument is out of range, ``adapt`` matches nothing, or the head's
            classifier does not go with the solver.
    """

    def __init__(
        self,
        inner_lr: float = 5e-3,
        num_steps: int = 1,
        first_order: bool = False,
        adapt: str | None = None,
        solver: Literal['gradient', 'closed_form'] = 'gradient',
        shrinkage: float = 0.3,
        prior_weight: float = 30.0,
    ) -> None:
        self.cfg = InnerLoopCfg(
            inner_lr, num_steps, first_order, adapt, solver, shrinkage, prior_weight
        )

    def before_run(self, runner: Runner) -> None:
        """Start a learned inner rate; a checkpoint loaded after this replaces it."""
        learner = _meta_learner(runner.model)
        rate = None if learner is None else learner.reid_head.log_inner_lr
        if rate is not None:
            nn.init.constant_(rate, rate.new_tensor(self.cfg.lr).log().item())

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


def find_meta_learner(model: nn.Module) -> MetaLearner:
    """The part of a model that is trained on tasks: itself, its ``reid`` or its ``detector``.

    Raises:
        TypeError: There is none.
    """
    learner = _meta_learner(model)
    if learner is None:
        name = type(model.module if is_model_wrapper(model) else model).__name__
        raise TypeError(
            f'{name} has no MetaLearner to train on tasks: use MetaReID or OneShotDetector as '
            "the model, or as its part 'reid' or 'detector'"
        )
    return learner


def _meta_learner(model: nn.Module) -> MetaLearner | None:
    unwrapped: nn.Module = model.module if is_model_wrapper(model) else model  # type: ignore
    parts = (unwrapped, *(getattr(unwrapped, name, None) for name in ('reid', 'detector')))
    return next((part for part in parts if isinstance(part, MetaLearner)), None)
