"""Losses of identification tasks on embeddings."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

IMPOSSIBLE = -1e4
"""Logit of a class that is not there: no share in any softmax, and finite if all are."""

NO_DIRECTION = 1e-12
"""Length up to which a vector counts as zero, below that of any feature of a network."""


def unit_vectors(vectors: Tensor) -> Tensor:
    """Scale vectors (..., D) to length 1; those without a direction become zero.

    A vector of at most ``NO_DIRECTION`` has no direction. Its derivatives, of any order, are 0,
    whereas those of ``F.normalize`` are not finite from the second order on.
    """
    nowhere = vectors.detach().norm(dim=-1, keepdim=True) <= NO_DIRECTION
    # Replaced before, too: what is left out afterwards alone still gives 0 * inf backwards.
    return F.normalize(vectors.masked_fill(nowhere, 1.0), dim=-1).masked_fill(nowhere, 0.0)


def cosine_scale(num_classes: int) -> float:
    """Return the scale of a cosine classifier, √2·log(N−1), at least √2 (FairMOT, AdaCos).

    Without it the softmax over N cosines could not get near 1.
    """
    return math.sqrt(2) * max(math.log(max(num_classes - 1, 1)), 1.0)


def cosine_scales(num_classes: Tensor) -> Tensor:
    """Return :func:`cosine_scale` (B,), float64, of tasks with num_classes (B,) each."""
    return math.sqrt(2) * (num_classes.double() - 1).clamp_min(1).log().clamp_min(1)


def task_cross_entropy(
    embeds: Tensor,
    labels: Tensor,
    classifiers: Tensor,
    scale: float | Tensor,
    known: Tensor | None = None,
) -> Tensor:
    """Compute the cross-entropy of a scaled cosine classifier, averaged over each task.

    Args:
        embeds: (B, n, D) embeddings; one of zeros has the cosine 0 to every class.
        labels: (B, n) class of each embedding, a row of ``classifiers``; −1 leaves it out.
        classifiers: (N, D) one vector a class for all tasks, or (B, N, D) for each task.
        scale: Factor on the cosines, of all tasks or (B,) of each.
        known: (B, N) bool, the classes that there are; None: all.

    Returns:
        (B,) losses; 0 of a task whose embeddings are all left out.
    """
    logits = unit_vectors(embeds) @ unit_vectors(classifiers).mT
    scale = scale if isinstance(scale, float) else scale.to(logits)[:, None, None]
    logits = scale * logits
    if known is not None:
        logits = logits.masked_fill(~known[:, None], IMPOSSIBLE)
    counted = labels >= 0
    losses = F.cross_entropy(
        logits.flatten(0, 1), labels.clamp_min(0).flatten(), reduction='none'
    ).unflatten(0, labels.shape)
    return (losses * counted).sum(1) / counted.sum(1).clamp_min(1)


def way_prototypes(embeds: Tensor, num_ways: int) -> Tensor:
    """Compute the mean direction of each way of a task.

    Args:
        embeds: (B, N·k, D) support embeddings, the k of one way side by side.
        num_ways: N.

    Returns:
        (B, N, D).
    """
    directions = unit_vectors(embeds)
    return torch.mean(directions.unflatten(1, (num_ways, -1)), dim=2)
