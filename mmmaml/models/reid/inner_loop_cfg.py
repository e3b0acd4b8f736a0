"""What the inner loop does, as the hook hands it to the model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InnerLoopCfg:
    """Settings of the inner loop.

    Attributes:
        lr: Inner rate α. A head that learns its rate uses its own instead.
        num_steps: Gradient steps on the support set.
        first_order: Treat inner gradients as constants (FOMAML).
        adapt: None adapts the last layer, in kernel form. A regular expression over the names of
            the Re-ID network's parameters adapts those that match, by ``torch.func``.
    """

    lr: float = 5e-3
    num_steps: int = 1
    first_order: bool = False
    adapt: str | None = None

    def __post_init__(self) -> None:
        if self.lr <= 0 or self.num_steps < 1:
            raise ValueError(
                f'inner_lr={self.lr} must be positive and num_steps={self.num_steps} at least 1'
            )
