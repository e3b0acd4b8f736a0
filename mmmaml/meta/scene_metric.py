"""A last layer solved for in closed form, which tells the people of one scene apart.

The metric is the inverse of the scatter of embeddings within a person, shrunk, about the mean of
the people (Fisher's linear discriminant; shrinkage as in Friedman, Regularized Discriminant
Analysis, JASA 1989). As it is a linear map of the embedding, it is again a linear last layer.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .adapter_numbers import CENTRE_WEIGHT, AdapterNumbers


class SceneMetric(NamedTuple):
    """A map of embeddings e to A (e − c), under which inner products are those of the metric.

    Attributes:
        centre: (D,) c.
        whitening: (D, D) A = R⁻¹ with R Rᵀ the shrunk scatter, R lower triangular.
    """

    centre: Tensor
    whitening: Tensor

    def transform(self, embeds: Tensor) -> Tensor:
        """Map embeddings (..., D) into the metric of the scene."""
        return (embeds - self.centre) @ self.whitening.T


class ScatterStatistics(nn.Module):
    """Scatter of embeddings within identities and their mean, as a scene starts from it.

    Filled from the training tasks. Its content lies in buffers and travels with the checkpoint.

    Args:
        channels: D.

    Attributes:
        numbers: Numbers of the adaptation, those chosen by hand unless a prior file has others.
            They are no part of a checkpoint.
    """

    scatter: Tensor
    mean: Tensor
    count: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer('scatter', torch.zeros(channels, channels))
        self.register_buffer('mean', torch.zeros(channels))
        self.register_buffer('count', torch.zeros(()))
        self.numbers = AdapterNumbers()

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

    def follow(self, scatter: Tensor, mean: Tensor, count: int, momentum: float = 0.1) -> None:
        """Move on with the statistics of a batch of tasks, in training.

        Args:
            scatter: (D, D) scatter within the identities of the batch.
            mean: (D,) mean of their embeddings.
            count: Identities in it.
            momentum: Share of the new ones; the first batch is taken as it is.
        """
        share = momentum if self.count else 1.0
        self.scatter.lerp_(scatter, share)
        self.mean.lerp_(mean, share)
        self.count.fill_(float(count))


def within_scatter(embeds: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the scatter of embeddings about the mean of their identity.

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


class SceneScatter:
    """Scatter within the people of a scene, as sums that run along with the video.

    An observation counts by how far it lies from the mean of those of its person before it, which
    makes the sums those about the final means (Welford, Technometrics 1962; with weights, West,
    CACM 1979).

    Args:
        prior: Statistics of the training identities; without any the scene stands alone.
        prior_weight: How many observations the prior scatter is worth at the start.
        memory: Observations after which old ones, and the prior, fade. Bounds the sums.

    Attributes:
        total: (D, D) summed scatter.
        freedom: Its degrees of freedom.
    """

    def __init__(
        self, prior: ScatterStatistics, prior_weight: float = 100.0, memory: float = 10000.0
    ) -> None:
        self.prior = prior
        self.prior_weight = prior_weight
        self.memory = memory
        self.reset()

    def reset(self) -> None:
        """Forget the scene."""
        # The prior may have been filled since the last time.
        self.freedom = self.prior_weight * bool(self.prior.count)
        self.total = self.prior.scatter * self.freedom

    def add(self, deviations: Tensor, known: Tensor, weights: Tensor) -> None:
        """Take observations of distinct people.

        Args:
            deviations: (P, D) each embedding less the mean embedding of its person before it.
            known: (P,) summed weights of the observations behind that mean, > 0.
            weights: (P,) weights of the new ones, > 0.
        """
        share = known / (known + weights)
        scaled = deviations * (weights * share).sqrt()[:, None]
        self.total = self.total + scaled.T @ scaled
        self.freedom += float(weights.sum())
        fading = self.memory / max(self.freedom, self.memory)
        self.total, self.freedom = self.total * fading, self.freedom * fading

    @property
    def scatter(self) -> Tensor:
        """The scatter (D, D) of an observation; zero if nothing is known."""
        return self.total / max(self.freedom, 1.0)


def whitening(scatter: Tensor, shrinkage: float | Tensor) -> Tensor:
    """Solve for the map under which a scatter (..., D, D), shrunk, is the unit matrix.

    Args:
        scatter: (..., D, D) symmetric, positive semi-definite. Of zeros, if nothing is known,
            the result is the unit matrix.
        shrinkage: Share of the mean variance that is added to every direction, > 0. Larger values
            approach the plain cosine.

    Returns:
        (..., D, D) R⁻¹ with R Rᵀ = scatter + shrinkage · mean variance · I; differentiable.
    """
    identity = torch.eye(scatter.shape[-1], dtype=scatter.dtype, device=scatter.device)
    variance = scatter.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    unknown = variance <= 0
    shrunk = torch.where(unknown, identity, scatter + shrinkage * variance * identity)
    factor = torch.linalg.cholesky(shrunk)
    return torch.linalg.solve_triangular(factor, identity.expand_as(factor), upper=False)


def scene_centre(
    means: Tensor, prior: ScatterStatistics, prior_weight: float = CENTRE_WEIGHT
) -> Tensor:
    """Compute the common part (D,) of the people of a scene.

    Args:
        means: (T, D) mean embedding of each person.
        prior: Statistics of the training identities.
        prior_weight: How many people of the scene the prior mean is worth.
    """
    known = bool(prior.count)
    if not known and len(means) < 3:
        # The mean of one or two people is they themselves, not what people have in common.
        return torch.zeros_like(prior.mean)
    weight = prior_weight * known
    return (means.sum(0) + weight * prior.mean) / (weight + len(means))
