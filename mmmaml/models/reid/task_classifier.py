"""Classifiers that tell apart the identities of a task."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from mmmaml.meta import cosine_scale, cosine_scales, task_cross_entropy, way_prototypes


class TaskClassifier(ABC):
    """A classification loss of tasks, with nothing of its own to learn.

    Attributes:
        name: Its name in configs.
        needs_identities: It compares embeddings with rows of the head's classifier, so these
            have to stay as training left them.
        needs_ways: It tells apart the identities of a task alone, so there have to be two.
    """

    name: ClassVar[str]
    needs_identities: ClassVar[bool] = True
    needs_ways: ClassVar[bool] = True

    @abstractmethod
    def __call__(
        self, embeds: Tensor, support_embeds: Tensor, labels: Tensor, identities: Tensor | None
    ) -> Tensor:
        """Return one loss a task (B,), averaged over the embeddings of the ways there are.

        Args:
            embeds: (B, N·n, D) embeddings to classify, the n of one way side by side.
            support_embeds: (B, N·k, D) support embeddings, in the same order.
            labels: (B, N) identity of each way; −1 for one that is not there: neither are its
                embeddings classified, nor is it a class of its task.
            identities: (identities, D) rows of the head's classifier; None if it has none.
        """


class GlobalClassifier(TaskClassifier):
    """All training identities, the paper's choice."""

    name = 'global'
    needs_ways = False

    def __call__(
        self, embeds: Tensor, support_embeds: Tensor, labels: Tensor, identities: Tensor | None
    ) -> Tensor:
        """Classify among all identities."""
        images = embeds.shape[1] // labels.shape[1]
        return identity_loss(embeds, labels.repeat_interleave(images, dim=1), identities)


class RestrictedClassifier(TaskClassifier):
    """The rows of the head's classifier of the identities of the task."""

    name = 'restricted'

    def __call__(
        self, embeds: Tensor, support_embeds: Tensor, labels: Tensor, identities: Tensor | None
    ) -> Tensor:
        """Classify among the rows of the task."""
        return _within_task(embeds, labels, _known(identities)[labels.clamp_min(0)])


class PrototypeClassifier(TaskClassifier):
    """The mean directions of the support embeddings of the task, which move with them."""

    name = 'prototype'
    needs_identities = False

    def __call__(
        self, embeds: Tensor, support_embeds: Tensor, labels: Tensor, identities: Tensor | None
    ) -> Tensor:
        """Classify among the prototypes of the task."""
        return _within_task(embeds, labels, way_prototypes(support_embeds, labels.shape[1]))


_CLASSIFIERS = (GlobalClassifier(), RestrictedClassifier(), PrototypeClassifier())
TASK_CLASSIFIERS: dict[str, TaskClassifier] = {each.name: each for each in _CLASSIFIERS}
"""All classifiers of tasks, by the name in configs."""


def identity_loss(embeds: Tensor, labels: Tensor, identities: Tensor | None) -> Tensor:
    """Return the loss of ordinary classification over all identities, one a task (B,).

    Args:
        embeds: (B, n, D) embeddings.
        labels: (B, n) identity of each; −1 leaves it out.
        identities: (identities, D) rows of the head's classifier.

    Raises:
        RuntimeError: The head has no classifier yet.
    """
    rows = _known(identities)
    return task_cross_entropy(embeds, labels, rows, cosine_scale(len(rows)))


def _within_task(embeds: Tensor, labels: Tensor, classes: Tensor) -> Tensor:
    """Return the loss among the ways of each task, given one class (B, N, D) a way."""
    ways = labels.shape[1]
    there = labels >= 0
    in_task = torch.arange(ways, device=labels.device).where(there, -1)
    in_task = in_task.repeat_interleave(embeds.shape[1] // ways, dim=1)
    return task_cross_entropy(embeds, in_task, classes, cosine_scales(there.sum(1)), there)


def _known(identities: Tensor | None) -> Tensor:
    if identities is None:
        raise RuntimeError(
            'MetaReIDHead does not know the number of identities: set num_classes, or '
            "runner_type='mmmaml.MetaRunner' to take it from the training dataset"
        )
    return identities
