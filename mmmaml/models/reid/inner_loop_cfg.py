"""What the inner loop does, as the hook hands it to the model."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class InnerLoopCfg:
    """Settings of the inner loop.

    Attributes:
        lr: Inner rate α. A head that learns its rate uses its own instead.
        num_steps: Gradient steps on the support set.
        first_order: Treat inner gradients as constants (FOMAML).
        adapt: None adapts the last layer, in kernel form. A regular expression over the names of
            the Re-ID network's parameters adapts those that match, by ``torch.func``.
        solver: ``'gradient'`` takes gradient steps on the support loss. ``'closed_form'`` solves
            for the last layer that makes the scatter within the people of the support the unit
            matrix; rate, steps and order are then of no meaning.
        shrinkage: For ``'closed_form'``, share of the mean variance added to every direction.
        prior_weight: For ``'closed_form'``, observations that the scatter of the tasks before is
            worth.
    """

    lr: float = 5e-3
    num_steps: int = 1
    first_order: bool = False
    adapt: str | None = None
    solver: Literal['gradient', 'closed_form'] = 'gradient'
    shrinkage: float = 0.3
    prior_weight: float = 30.0

    def __post_init__(self) -> None:
        if self.lr <= 0 or self.num_steps < 1:
            raise ValueError(
                f'inner_lr={self.lr} must be positive and num_steps={self.num_steps} at least 1'
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
