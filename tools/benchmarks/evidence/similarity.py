"""Similarity of people and observations, with an adapter that learns along a video."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmmaml.evaluation.recognition.absences import Similarity
from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers.appearance.online_adapter import OnlineAdapter


def cosine(mean: Tensor, gallery: Tensor, counts: Tensor, feats: Tensor) -> Tensor:
    """Compare people by their mean with observations as they are, (T, N)."""
    return F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T


class AdaptedSimilarity:
    """Compares under the parameters of an adapter, as the tracker does.

    Args:
        head: The trained head; features are the inputs of its adapted layer.
        adapter_cfg: Arguments of ``OnlineAdapter``.
        feats: (R, C) features of a video, in its order.
        instance_id: (R,) person of each.
    """

    def __init__(
        self,
        head: MetaReIDHead,
        adapter_cfg: Mapping[str, Any],
        feats: Tensor,
        instance_id: np.ndarray,
    ) -> None:
        self.adapter = OnlineAdapter(head, **adapter_cfg)
        self.feats = feats
        self.means, self.known = means_before(feats, instance_id)

    def observe(self, items: np.ndarray) -> None:
        """Let the adapter see the matches (P,) of a tracker without mistakes."""
        index = torch.from_numpy(items)
        index = index[self.known[index] > 0]
        known = self.known[index]
        self.adapter.observe(self.means[index], known, self.feats[index], torch.ones_like(known))

    def __call__(self, mean: Tensor, gallery: Tensor, counts: Tensor, feats: Tensor) -> Tensor:
        """Return similarity (T, N), adapted to the people of the moment."""
        self.adapter.fit(mean)
        return self.adapter.similarity(mean, gallery, counts, feats)


def adapted_to_shots(head: MetaReIDHead, adapter_cfg: Mapping[str, Any]) -> Similarity:
    """Compare under parameters adapted to the galleries of the people compared alone."""

    def similarity(mean: Tensor, gallery: Tensor, counts: Tensor, feats: Tensor) -> Tensor:
        people, place = (torch.arange(gallery.shape[1]) < counts[:, None]).nonzero(as_tuple=True)
        adapted = AdaptedSimilarity(head, adapter_cfg, gallery[people, place], people.numpy())
        adapted.observe(np.arange(len(people)))
        return adapted(mean, gallery, counts, feats)

    return similarity


def means_before(feats: Tensor, instance_id: np.ndarray) -> tuple[Tensor, Tensor]:
    """Average the observations of each person before each of them.

    Args:
        feats: (R, C) observations in the order of the video.
        instance_id: (R,) person of each.

    Returns:
        Mean of the earlier observations (R, C), zero if there are none, and their number (R,).
    """
    means, known = torch.zeros_like(feats), feats.new_zeros(len(feats))
    for person in np.unique(instance_id):
        items = torch.from_numpy(np.flatnonzero(instance_id == person))
        before = torch.arange(len(items)).to(feats)
        sums = feats[items].cumsum(0) - feats[items]
        means[items] = sums / before.clamp_min(1)[:, None]
        known[items] = before
    return means, known
