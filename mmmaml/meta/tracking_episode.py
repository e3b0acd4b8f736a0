"""Tracking in miniature: running sums over histories of people, and who is who in a later frame.

The sums are those of the tracker, which adds one observation at a time (West, CACM 1979); here all
people of a batch of scenes go along together, and gradients go through.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

NOBODY, ABSENT = -1, -100
"""Targets of a query of somebody new, and of a query that is not there."""


class RunningSums(NamedTuple):
    """Sums over the observations of each person.

    Attributes:
        mean: (B, T, C) weighted mean.
        weight: (B, T) summed trust, 0 for nobody.
        freedom: (B, T) summed trust from the second observation on.
        deviations: (B, T, K, C) what each observation adds to the scatter, as vectors.
        before: (B, T, C) mean before the last observation.
        last: (B, T, C) last observation.
        repeated: (B, T) bool: there is more than one observation.
    """

    mean: Tensor
    weight: Tensor
    freedom: Tensor
    deviations: Tensor
    before: Tensor
    last: Tensor
    repeated: Tensor


class AssignmentScores(NamedTuple):
    """Comparison of the people in view with queries.

    Attributes:
        cosines: (B, V, Q) similarities.
        logits: (B, V, Q) logarithm of the odds that the two are one person.
    """

    cosines: Tensor
    logits: Tensor


def running_sums(history: Tensor, trust: Tensor) -> RunningSums:
    """Add up observations one at a time.

    Args:
        history: (B, T, K, C) observations; of a person, the valid ones come first.
        trust: (B, T, K) weight of each, 0 where there is none.

    Returns:
        :class:`RunningSums`.

    Example:
        Two observations, the second half as sure, differ by 3 along x.

        >>> history = torch.tensor([[[[0.0, 1], [3, 1]]]])
        >>> sums = running_sums(history, torch.tensor([[[1.0, 0.5]]]))
        >>> sums.mean.tolist(), round(float(sums.deviations.square().sum()), 3)
        ([[[1.0, 1.0]]], 3.0)
    """
    mean, weight = history[:, :, 0], trust[:, :, 0]
    before, last = mean, mean
    added = [torch.zeros_like(mean)]
    for new, sure in zip(history.unbind(2)[1:], trust.unbind(2)[1:], strict=True):
        total = weight + sure
        step = (sure / total.clamp_min(torch.finfo(total.dtype).tiny))[..., None]
        there = (sure > 0)[..., None]
        before, last = torch.where(there, mean, before), torch.where(there, new, last)
        added.append((new - mean) * (weight[..., None] * step).sqrt())
        mean, weight = mean + step * (new - mean), total
    freedom = weight - trust[:, :, 0]
    return RunningSums(mean, weight, freedom, torch.stack(added, 2), before, last, freedom > 0)


def assignment_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute the cross-entropy of who each query is (the outer loss of Eq. 4).

    The choices are the people in view and nobody, whose logit is 0: even odds.

    Args:
        logits: (B, V, Q) log odds of people and queries.
        targets: (B, Q) the person, ``NOBODY`` for somebody new, ``ABSENT`` for no query.

    Returns:
        The mean over the queries that are there, a scalar.
    """
    people = logits.shape[1]
    nobody = torch.zeros_like(logits[:, :1])
    choices = torch.cat([logits, nobody], 1)
    wanted = torch.where(targets == NOBODY, people, targets)
    return F.cross_entropy(choices, wanted, ignore_index=ABSENT)


def assignment_errors(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Count wrong answers.

    Args:
        logits: (B, V, Q) as for :func:`assignment_loss`.
        targets: (B, Q) likewise.

    Returns:
        Share of the queries of people in view whose best person is another, and share of all
        queries whose best choice, nobody included, is wrong; scalars.
    """
    best, person = logits.max(1)
    known, there = targets >= 0, targets != ABSENT
    choice = person.where(best > 0, torch.full_like(person, NOBODY))
    wrong = (person != targets) & known
    return (
        wrong.sum() / known.sum().clamp_min(1),
        ((choice != targets) & there).sum() / there.sum().clamp_min(1),
    )
