"""The part of a training task that the task memory keeps."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mmmaml.models.reid import MetaLearner, stack_centers


class KeptTask(NamedTuple):
    """The kept part of one task.

    Attributes:
        labels: (N,) identities, −1 of a way that is not there.
        embeds: (N, k + q, D) embeddings.
        distinct: (N, k + q) which of them are not repeats of others.
        support: (N·k, C) support features, zeros of a way that is not there.
        grads: (N·k, D) gradients of the inner loop; None without an inner loop of the last layer.
    """

    labels: Tensor
    embeds: Tensor
    distinct: Tensor
    support: Tensor
    grads: Tensor | None


@torch.no_grad()
def keep_tasks(learner: MetaLearner, batch: dict) -> list[KeptTask]:
    """Run the tasks of a preprocessed batch; return the kept part of each."""
    inputs, samples = batch['inputs'], batch['data_samples']
    labels = torch.stack([sample.labels for sample in samples])
    feats = learner.extract_task_feats(inputs, stack_centers(samples))
    feats = feats * (labels >= 0)[..., None, None]
    support = feats[:, :, : samples[0].num_support]
    embeds = learner.reid_head(feats).cpu()
    distinct = torch.tensor(
        [[_first_occurrences(frames) for frames in sample.frame_ids] for sample in samples]
    )
    cfg = learner.inner_loop
    # The memory holds tasks of the last layer; of others only the scatter is of use.
    if cfg is None or cfg.adapt is not None or cfg.solver == 'closed_form':
        grads: list[Tensor | None] = [None] * len(feats)
    else:
        adapted = learner.reid_head.adapt(support, support[:, :, :0], labels, cfg).grads
        assert adapted is not None
        grads = list(adapted.cpu())
    flat, names = support.flatten(1, 2).cpu(), labels.cpu()
    # Clones: a view would take the storage of its whole batch along to other processes.
    return [
        KeptTask(n.clone(), e.clone(), d.clone(), s.clone(), None if g is None else g.clone())
        for n, e, d, s, g in zip(names, embeds, distinct, flat, grads, strict=True)
    ]


def once_each(kept: list[KeptTask]) -> tuple[Tensor, Tensor]:
    """Take every identity once: embeddings (I, k + q, D), and a mask (I, k + q) of those to count.

    Of several tasks that is the one it comes first in, or at all the first of.
    """
    # First ways before second ones: the first is whom a task of crops is drawn about.
    labels, embeds, distinct = (
        torch.stack([getattr(task, name) for task in kept]).transpose(0, 1).flatten(0, 1)
        for name in ('labels', 'embeds', 'distinct')
    )
    identities, first = np.unique(labels.numpy(), return_index=True)
    chosen = torch.from_numpy(np.sort(first[identities >= 0]))
    return embeds[chosen], distinct[chosen]


def _first_occurrences(frames: list[int]) -> list[bool]:
    return [frame not in frames[:position] for position, frame in enumerate(frames)]
