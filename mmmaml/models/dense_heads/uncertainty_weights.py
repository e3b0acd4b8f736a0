"""Learned weights of the losses of several tasks."""

import torch
from torch import Tensor, nn


class UncertaintyWeight(nn.Module):
    """Weight of one loss beside those of :class:`UncertaintyWeights`: ½ (e^{−s} L + s).

    Args:
        start: Start of s. Larger values begin with less weight.
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(start))

    def forward(self, loss: Tensor, counted: Tensor) -> Tensor:
        """Weigh a loss.

        Args:
            loss: Scalar.
            counted: Bool scalar. If it is false, there was nothing to learn from, and s rests.
        """
        return 0.5 * counted.to(loss) * (torch.exp(-self.value) * loss + self.value)


class UncertaintyWeights(nn.Module):
    """Weights of detection against identification, by the error that each leaves.

    L = ½ (e^{−s_d} L_det + e^{−s_id} L_id + s_d + s_id) with learned s_d and s_id: Kendall et al.,
    Multi-Task Learning Using Uncertainty, CVPR 2018, as in FairMOT. At its minimum e^{s} is the
    loss itself.

    Args:
        detection: Start of s_d. Larger values begin with less weight on detection.
        identity: Start of s_id.
        counting: Start of s_count, of the loss of a density map (CountingMOT); None if there is
            none.
        graph: Start of s_graph, of the loss of a graph (Sparse Graph Tracker); None if there is
            none.
    """

    def __init__(
        self,
        detection: float = -1.85,
        identity: float = -1.05,
        counting: float | None = None,
        graph: float | None = None,
    ) -> None:
        super().__init__()
        self.detection = nn.Parameter(torch.tensor(detection))
        self.identity = nn.Parameter(torch.tensor(identity))
        further = {'counting': counting, 'graph': graph}
        self._further = [name for name, start in further.items() if start is not None]
        for name, start in further.items():
            value = None if start is None else nn.Parameter(torch.tensor(start))
            self.register_parameter(name, value)

    def forward(self, with_identities: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the factors of the two losses and the addition to their sum.

        Args:
            with_identities: Bool scalar. If it is false, there was nobody to identify, and
                the terms of identification are 0; e^{−s_id} would otherwise grow without end.

        Returns:
            ½ e^{−s_d}, ½ e^{−s_id} and ½ (s_d + s_id), with + s_count or + s_graph if there is
            one.
        """
        counted = with_identities.to(self.identity)
        balance = self.detection + counted * self.identity
        for name in self._further:
            balance = balance + getattr(self, name)
        return (
            0.5 * torch.exp(-self.detection),
            0.5 * torch.exp(-self.identity) * counted,
            0.5 * balance,
        )

    def further_weight(self, name: str) -> Tensor:
        """Compute ½ e^{−s} of a further loss.

        Args:
            name: ``'counting'`` or ``'graph'``.

        Raises:
            ValueError: There is no such weight.
        """
        if name not in self._further:
            raise ValueError(f'weights need a start of {name}: UncertaintyWeights({name}=-1.05)')
        return 0.5 * torch.exp(-getattr(self, name))
