"""Appearance similarity under each track's own parameters."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from mmmaml.meta import cosine_scale, kernel_inner_loop

if TYPE_CHECKING:
    from mmmaml.models.reid import MetaReIDHead


class OnlineAdapter:
    """Every track is a task: its last layer is its own (Sec. II-C of the paper).

    The parameters of track t start as the similarity-weighted mean of the parameters adapted to
    training tasks (Eq. 6-7), recomputed as the features of the track change. On top, inner-loop
    steps can tell its gallery from the other tracks in view. All tracks are adapted together and
    no parameters are formed: everything is inner products of features.

    Args:
        head: Gives the layer and the task memory.
        blend_tasks: Start from the task memory. False starts every track from θ.
        num_steps: Inner-loop steps on the tracks' own galleries; 0 takes none. More separate the
            tracks in view more sharply and follow a wrong match further.
        inner_lr: Rate of these steps; None takes the memory's.
    """

    def __init__(
        self,
        head: 'MetaReIDHead',
        blend_tasks: bool = True,
        num_steps: int = 0,
        inner_lr: float | None = None,
    ) -> None:
        if num_steps < 0:
            raise ValueError(f'num_steps must be at least 0, got {num_steps}')
        self.head = head
        self.blend_tasks = blend_tasks
        self.num_steps = num_steps
        self.inner_lr = inner_lr

    @torch.no_grad()
    def similarity(
        self, track_mean: Tensor, gallery: Tensor, gallery_count: Tensor, feats: Tensor
    ) -> Tensor:
        """Cosine of tracks and detections, each row under the parameters of its track.

        Args:
            track_mean: (T, C) running mean of each track's features.
            gallery: (T, K, C) the last features of each track.
            gallery_count: (T,) how many of the K are valid, from the front.
            feats: (N, C) features of the detections.

        Returns:
            (T, N).
        """
        tracks = len(track_mean)
        points = torch.cat([track_mean, feats])
        weights = self.head.task_memory.blend_weights(track_mean)
        if not self.blend_tasks or not weights.any():
            embeds = self.head(points).expand(tracks, -1, -1)
        else:
            embeds = self.head(points) + self._blend(weights, points)
        if self.num_steps and tracks:
            embeds = self._separate(embeds, weights, points, gallery, gallery_count)
        directions = F.normalize(embeds, dim=-1)
        own = torch.arange(tracks, device=points.device)
        return torch.einsum('td,tnd->tn', directions[own, own], directions[:, tracks:])

    def _blend(self, weights: Tensor, points: Tensor) -> Tensor:
        displacements = self.head.task_memory.displacements(points, with_bias=True)
        return torch.einsum('tm,mpd->tpd', weights, displacements)

    def _separate(
        self, embeds: Tensor, weights: Tensor, points: Tensor, gallery: Tensor, counts: Tensor
    ) -> Tensor:
        """Inner-loop steps: each track's gallery against the means of the others in view."""
        tracks, size = gallery.shape[:2]
        own = torch.arange(tracks, device=points.device)
        valid = torch.arange(size, device=points.device) < counts[:, None]
        support_embeds = self.head(gallery)
        if self.blend_tasks and weights.any():
            memory, flat = self.head.task_memory, gallery.flatten(0, 1)
            moved = memory.displacements(flat, with_bias=True).unflatten(1, (tracks, size))
            support_embeds = support_embeds + torch.einsum('tm,mtkd->tkd', weights, moved)

        def loss(adapted: Tensor) -> Tensor:
            # Only the own gallery moves the parameters; the other tracks are fixed directions.
            logits = F.normalize(adapted, dim=-1) @ prototypes.mT * cosine_scale(tracks)
            targets = own[:, None].expand(-1, size)
            losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction='none')
            losses = losses.unflatten(0, (tracks, size)) * valid
            return losses.sum(1) / counts.clamp_min(1)

        prototypes = F.normalize(embeds[:, :tracks], dim=-1)
        rate = self.inner_lr or float(self.head.task_memory.inner_lr)
        return kernel_inner_loop(
            support_embeds,
            embeds,
            gallery @ gallery.mT + 1,
            points @ gallery.mT + 1,
            loss,
            rate,
            self.num_steps,
            first_order=True,
        ).query_embeds
