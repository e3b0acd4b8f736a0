"""Settings of the inner loop, the one list of its arguments."""

from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True)
class InnerLoopCfg:
    """Knobs of the inner loop, each an argument of ``MAMLOptimizerHook``.

    Args:
        inner_lr: Inner rate α. A head that learns its rate starts here.
        num_steps: Gradient steps on the support set. Each costs a few small matrix products.
        first_order: Treat inner gradients as constants (FOMAML): cheaper, and blind to how the
            features change the inner step.
        adapt: Regular expression over the names of the Re-ID network's parameters, e.g.
            ``'head'``; those that match adapt by ``torch.func``. None adapts the last layer in
            kernel form, which is much faster.
        solver: Kind of the inner update. ``'gradient'``: the steps of the paper.
            ``'closed_form'``: the last layer under which the scatter within the people of the
            support is the unit matrix; the outer update differentiates through it. Rate, steps
            and order then have no meaning, and the head needs ``task_classifier='prototype'``.
        shrinkage: For ``'closed_form'``, share of the mean variance added to every direction,
            > 0. Larger values adapt less and are safer with few support images.
        prior_weight: For ``'closed_form'``, number of support images that the scatter of the
            tasks before is worth, at least 0.

    Raises:
        ValueError: An argument is out of its range, or two contradict each other.
    """

    inner_lr: float = 5e-3
    num_steps: int = 1
    first_order: bool = False
    adapt: str | None = None
    solver: Literal['gradient', 'closed_form'] = 'gradient'
    shrinkage: float = 0.3
    prior_weight: float = 30.0

    def __post_init__(self) -> None:
        if self.inner_lr <= 0 or self.num_steps < 1:
            raise ValueError(
                f'inner_lr={self.inner_lr} must be positive and num_steps={self.num_steps} at '
                'least 1'
            )
        if self.solver not in ('gradient', 'closed_form'):
            raise ValueError(f"solver must be 'gradient' or 'closed_form', got {self.solver!r}")
        if self.shrinkage <= 0 or self.prior_weight < 0:
            raise ValueError(
                f'shrinkage={self.shrinkage} must be positive and '
                f'prior_weight={self.prior_weight} at least 0'
            )
        if self.solver == 'closed_form' and self.adapt is not None:
            raise ValueError(
                f"solver='closed_form' solves for the last layer, adapt={self.adapt!r} names "
                'others: leave one of them out'
            )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all knobs."""
        return tuple(field.name for field in fields(cls))
