"""Losses of identification tasks on embeddings."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def cosine_scale(num_classes: int) -> float:
    """Scale of a cosine classifier, √2·log(N−1) as in FairMOT and AdaCos, at least √2.

    Without it the softmax over N cosines could not get near 1.
    """
    return math.sqrt(2) * max(math.log(max(num_classes - 1, 1)), 1.0)


def task_cross_entropy(
    embeds: Tensor, labels: Tensor, classifiers: Tensor, scale: float
) -> Tensor:
    """Cross-entropy of a scaled cosine classifier, averaged over each task.

    Args:
        embeds: (B, n, D) embeddings.
        labels: (B, n) class of each embedding, a row of ``classifiers``.
        classifiers: (N, D) one vector a class for all tasks, or (B, N, D) for each task.
        scale: Factor on the cosines.

    Returns:
        (B,) losses.
    """
    logits = scale * F.normalize(embeds, dim=-1) @ F.normalize(classifiers, dim=-1).mT
    losses = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction='none')
    return losses.unflatten(0, labels.shape).mean(1)


def way_prototypes(embeds: Tensor, num_ways: int) -> Tensor:
    """Mean direction of each way of a task.

    Args:
        embeds: (B, N·k, D) support embeddings, the k of one way side by side.
        num_ways: N.

    Returns:
        (B, N, D).
    """
    directions = F.normalize(embeds, dim=-1)
    return torch.mean(directions.unflatten(1, (num_ways, -1)), dim=2)
