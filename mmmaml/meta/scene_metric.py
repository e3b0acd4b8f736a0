"""A last layer solved for in closed form: what tells the people of one scene apart.

The metric is the inverse of the scatter of embeddings within a person, shrunk, about the mean of
the people (Fisher's linear discriminant; shrinkage as in Friedman, Regularized Discriminant
Analysis, JASA 1989). As it is a linear map of the embedding, it is again a linear last layer.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class SceneMetric(NamedTuple):
    """Embeddings e become R⁻¹(e − c), so that inner products are those of the metric.

    Attributes:
        centre: (D,) c.
        factor: (D, D) lower triangular R with R Rᵀ the shrunk scatter.
    """

    centre: Tensor
    factor: Tensor

    def transform(self, embeds: Tensor) -> Tensor:
        """Embeddings (..., D) in the metric of the scene."""
        flat = (embeds - self.centre).reshape(-1, embeds.shape[-1])
        solved = torch.linalg.solve_triangular(self.factor, flat.T, upper=False)
        return solved.T.reshape(embeds.shape)


class ScatterStatistics(nn.Module):
    """Scatter of embeddings within identities and their mean, as a scene starts from it.

    Filled from the training tasks. Its content lies in buffers and travels with the checkpoint.

    Args:
        channels: D.
    """

    scatter: Tensor
    mean: Tensor
    count: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer('scatter', torch.zeros(channels, channels))
        self.register_buffer('mean', torch.zeros(channels))
        self.register_buffer('count', torch.zeros(()))

    def fill(self, embeds: Tensor, valid: Tensor) -> None:
        """Take the statistics of identities.

        Args:
            embeds: (I, k, D) embeddings of I identities.
            valid: (I, k) which of them count; at least one of each, and two of some.

        Raises:
            ValueError: There is nothing to take them from.
        """
        total, freedom = within_scatter(embeds, valid)
        if freedom < 1 or not valid.any(1).all():
            raise ValueError(
                'expected at least one embedding of each identity and two of some, got '
                f'{valid.sum(1).tolist()}'
            )
        counted = valid[..., None].to(embeds)
        means = (embeds * counted).sum(1) / counted.sum(1)
        self.scatter.copy_(total / freedom)
        self.mean.copy_(means.mean(0))
        self.count.fill_(float(len(embeds)))


def within_scatter(embeds: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Summed scatter of embeddings about the mean of their identity.

    Args:
        embeds: (T, K, D) embeddings of T identities.
        valid: (T, K) which of them count.

    Returns:
        The sum (D, D) and its degrees of freedom, Σ(n_t − 1) over identities with n_t > 0.
    """
    counted = valid[..., None].to(embeds)
    number = counted.sum(1, keepdim=True)
    deviations = (embeds - (embeds * counted).sum(1, keepdim=True) / number.clamp_min(1)) * counted
    flat = deviations.flatten(0, 1)
    return flat.T @ flat, (number - 1).clamp_min(0).sum()


def solve_scene_metric(
    means: Tensor,
    embeds: Tensor,
    valid: Tensor,
    prior: ScatterStatistics,
    shrinkage: float = 0.3,
    prior_weight: float = 100.0,
    centre_weight: float = 3.0,
) -> SceneMetric:
    """The metric of the people of a scene.

    Args:
        means: (T, D) mean embedding of each person.
        embeds: (T, K, D) single embeddings of each.
        valid: (T, K) which of them are there.
        prior: Statistics of the training identities; without any the scene stands alone.
        shrinkage: Share of the mean variance that is added to every direction, ≥ 0. Larger
            values approach the plain cosine.
        prior_weight: How many observations of the scene the prior scatter is worth.
        centre_weight: How many people of the scene the prior mean is worth.

    Returns:
        :class:`SceneMetric`. Without people and without prior it changes nothing.
    """
    total, freedom = within_scatter(embeds, valid)
    known = bool(prior.count)
    if known:
        total = total + prior_weight * prior.scatter
        freedom = freedom + prior_weight
    scatter = total / freedom.clamp_min(1)
    identity = torch.eye(len(scatter), dtype=scatter.dtype, device=scatter.device)
    variance = scatter.diagonal().mean()
    if variance <= 0:
        scatter, variance = identity, variance + 1
    factor = torch.linalg.cholesky(scatter + shrinkage * variance * identity)
    people = centre_weight * known + len(means)
    if not known and len(means) < 3:
        # The mean of one or two people is they themselves, not what people have in common.
        return SceneMetric(torch.zeros_like(scatter[0]), factor)
    return SceneMetric((means.sum(0) + centre_weight * known * prior.mean) / people, factor)
