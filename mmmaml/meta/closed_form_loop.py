"""The inner loop solved in closed form: a last layer that tells the people of a task apart.

In place of gradient steps on a support loss (Eq. 2), θ' is what makes the scatter within the
people of the support set the unit matrix, so that cosines between embeddings under θ' are Fisher's
discriminant. Solvers that a network is trained through: Bertinetto et al., "Meta-learning with
differentiable closed-form solvers", ICLR 2019.
"""

from torch import Tensor

from .scene_metric import ScatterStatistics, whitening


def closed_form_inner_loop(
    support: Tensor,
    query: Tensor,
    prior: ScatterStatistics,
    shrinkage: float = 0.3,
    prior_weight: float = 30.0,
    valid: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Solve for the last layer of each task of a batch and embed its images (in place of Eq. 2).

    Args:
        support: (B, N, k, D) support embeddings under θ, k > 1 of each of N identities.
        query: (B, N, q, D) query embeddings under θ.
        prior: Statistics of the tasks before, which the scatter of a task is mixed with.
        shrinkage: See :func:`whitening`.
        prior_weight: How many observations the prior scatter is worth.
        valid: (B, N) bool, the identities that there are; None: all. What comes out for others
            is without meaning.

    Returns:
        Support (B, N, k, D) and queries (B, N, q, D) under θ', differentiable in both, and the
        scatter (D, D) within the identities of the batch, that of ``prior`` if there are none.

    Example:
        Two people whose pictures vary along y alone and who differ along x: under θ', x counts
        for more.

        >>> import torch
        >>> support = torch.tensor([[[[-1.0, -3], [-1, 3]], [[1, -3], [1, 3]]]])
        >>> prior = ScatterStatistics(2)
        >>> adapted, _, scatter = closed_form_inner_loop(support, support, prior, shrinkage=0.01)
        >>> scatter.tolist()
        [[0.0, 0.0], [0.0, 18.0]]
        >>> x, y = adapted.abs().amax((0, 1, 2)).tolist()
        >>> bool(x > y)
        True
    """
    shots = support.shape[2]
    if valid is None:
        valid = support.new_ones(support.shape[:2])
    counted = valid.to(support)[..., None, None]
    identities = valid.sum(1).to(support)[:, None, None]
    deviations = ((support - support.mean(2, keepdim=True)) * counted).flatten(1, 2)
    total = deviations.mT @ deviations
    freedom = identities * (shots - 1)
    weight = prior_weight * bool(prior.count)
    mixed = (total + weight * prior.scatter) / (freedom + weight).clamp_min(1)
    layer = whitening(mixed, shrinkage)[:, None]
    centre = (support * counted).sum((1, 2)) / (identities[..., 0] * shots).clamp_min(1)
    centre = centre[:, None, None]
    scatter = total.detach().sum(0) / freedom.sum().clamp_min(1)
    scatter = scatter.where(identities.any(), prior.scatter)
    return (support - centre) @ layer.mT, (query - centre) @ layer.mT, scatter
