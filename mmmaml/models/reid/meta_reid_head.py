"""The Re-ID head whose last layer is meta-learned."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmmaml.meta import (
    AdaptedEmbeddings,
    ScatterStatistics,
    TaskMemory,
    closed_form_inner_loop,
    cosine_scale,
    cosine_scales,
    linear_inner_loop,
    task_cross_entropy,
    way_prototypes,
)
from mmmaml.registry import MODELS

from .inner_loop_cfg import InnerLoopCfg

TaskLoss = Callable[[Tensor, Tensor], Tensor]


@MODELS.register_module()
class MetaReIDHead(BaseModule):
    """A linear embedding layer, its classifier for training and its memory of tasks.

    The embedding is e = W x + b; identity is decided by cosine similarity. In training, a scaled
    cosine classifier over the identities of the training set gives the losses, or over the
    identities of a task only (``task_classifier``).

    Args:
        in_channels: C, width of the features.
        feat_channels: D, width of the embedding.
        num_classes: Identities of the training set. None takes them from the training dataset
            (with ``runner_type='mmmaml.MetaRunner'``) or from a checkpoint.
        task_classifier: What tells apart the identities of a task. ``'global'``: all training
            identities, the paper's choice. ``'restricted'``: the global classifier's rows of the
            identities of the task. ``'prototype'``: the mean support embeddings of the task.
        plain_loss_weight: Weight of the ordinary classification loss over all images of a task,
            without adaptation, beside the query loss. At 0 only the adapted embedding is trained.
        query_loss_weight: Weight of the outer loss, that of the queries after adaptation.
        learn_inner_lr: Learn the inner rate with the other parameters, in the logarithm. It
            starts at the hook's ``inner_lr``.
        memory: Arguments of :class:`~mmmaml.meta.TaskMemory` but its rate.
        init_cfg: Initialisation as in MMEngine.
    """

    def __init__(
        self,
        in_channels: int,
        feat_channels: int = 128,
        num_classes: int | None = None,
        task_classifier: Literal['global', 'restricted', 'prototype'] = 'restricted',
        plain_loss_weight: float = 1.0,
        query_loss_weight: float = 1.0,
        learn_inner_lr: bool = False,
        memory: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if task_classifier not in ('global', 'restricted', 'prototype'):
            raise ValueError(
                "task_classifier must be 'global', 'restricted' or 'prototype', got "
                f'{task_classifier!r}'
            )
        self.in_channels = in_channels
        self.out_channels = feat_channels
        self.task_classifier = task_classifier
        self.plain_loss_weight = plain_loss_weight
        self.query_loss_weight = query_loss_weight
        self.embed = nn.Linear(in_channels, feat_channels)
        self.classifier: nn.Parameter | None = None
        if num_classes is not None:
            self.set_num_classes(num_classes)
        self.log_inner_lr = nn.Parameter(torch.zeros(())) if learn_inner_lr else None
        self.task_memory = TaskMemory(**(memory or {}))
        self.scatter = ScatterStatistics(feat_channels)

    @property
    def weight(self) -> Tensor:
        """Weight W of the adapted layer, (D, C)."""
        return self.embed.weight

    @property
    def bias(self) -> Tensor:
        """Bias b of the adapted layer, (D,)."""
        return self.embed.bias

    @property
    def num_classes(self) -> int | None:
        """Identities of the classifier, None as long as they are unknown."""
        return None if self.classifier is None else len(self.classifier)

    def set_num_classes(self, num_classes: int) -> None:
        """Make a new classifier. To be called before an optimizer takes the parameters."""
        self.classifier = nn.Parameter(self.weight.new_empty(num_classes, self.out_channels))
        nn.init.normal_(self.classifier, std=0.01)

    def forward(self, feats: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Embeddings (N, D) of features (N, C); of several levels the last counts."""
        return self.embed(feats if isinstance(feats, Tensor) else feats[-1])

    def inner_lr(self, cfg: InnerLoopCfg) -> float | Tensor:
        """The inner rate: the learned one where there is one, else the configured one."""
        return cfg.lr if self.log_inner_lr is None else self.log_inner_lr.exp()

    def adapt(
        self, support: Tensor, query: Tensor, labels: Tensor, cfg: InnerLoopCfg
    ) -> AdaptedEmbeddings:
        """Adapt the last layer to tasks (Eq. 2).

        Args:
            support: (B, N, k, C) support features.
            query: (B, N, q, C) query features.
            labels: (B, N) identity of each way; −1 for one that is not there, which then takes
                no part in the adaptation.
            cfg: The inner loop.

        Returns:
            :class:`~mmmaml.meta.AdaptedEmbeddings` of (B, N·k) support and (B, N·q) queries.
        """
        loss = self.support_loss(labels, support.shape[2])
        if cfg.solver == 'closed_form':
            return self._solve(support, query, labels >= 0, loss, cfg)
        return linear_inner_loop(
            support.flatten(1, 2),
            query.flatten(1, 2),
            self.weight,
            self.bias,
            loss,
            self.inner_lr(cfg),
            cfg.num_steps,
            cfg.first_order,
        )

    def _solve(
        self,
        support: Tensor,
        query: Tensor,
        valid: Tensor,
        support_loss: Callable[[Tensor], Tensor],
        cfg: InnerLoopCfg,
    ) -> AdaptedEmbeddings:
        """Adapt the last layer in closed form; in training the prior follows the tasks."""
        embeds = self(support)
        adapted, queries, scatter = closed_form_inner_loop(
            embeds, self(query), self.scatter, cfg.shrinkage, cfg.prior_weight, valid
        )
        with torch.no_grad():
            losses = support_loss(embeds.flatten(1, 2))
            if self.training:
                mean = embeds[valid].mean((0, 1)) if valid.any() else self.scatter.mean
                self.scatter.follow(scatter, mean, int(valid.sum()))
        return AdaptedEmbeddings(queries.flatten(1, 2), adapted.flatten(1, 2), None, losses)

    def support_loss(self, labels: Tensor, images: int) -> Callable[[Tensor], Tensor]:
        """The inner loss: support embeddings (B, N·k, D) to one loss a task (B,)."""

        def loss(embeds: Tensor) -> Tensor:
            return self.task_loss(labels, images)(embeds, embeds)

        return loss

    def task_loss(self, labels: Tensor, images: int) -> TaskLoss:
        """Classification loss of tasks under their classifier.

        Args:
            labels: (B, N) identity of each way; −1 for one that is not there: neither are its
                embeddings classified, nor is it a class of its task.
            images: Embeddings of each way that are classified.

        Returns:
            A function of the embeddings to classify (B, N·images, D) and the support embeddings
            (B, N·k, D) to one loss a task (B,).
        """
        ways = labels.shape[1]
        valid = labels >= 0
        in_task = torch.arange(ways, device=labels.device).where(valid, -1)
        in_task = in_task.repeat_interleave(images, dim=1)
        scale = cosine_scales(valid.sum(1))

        def loss(embeds: Tensor, support_embeds: Tensor) -> Tensor:
            if self.task_classifier == 'prototype':
                prototypes = way_prototypes(support_embeds, ways)
                return task_cross_entropy(embeds, in_task, prototypes, scale, valid)
            if self.task_classifier == 'restricted':
                rows = self._classifier()[labels.clamp_min(0)]
                return task_cross_entropy(embeds, in_task, rows, scale, valid)
            return self.plain_loss(embeds, labels.repeat_interleave(images, dim=1))

        return loss

    def plain_loss(self, embeds: Tensor, labels: Tensor) -> Tensor:
        """Ordinary classification over all identities, (B, n, D) and (B, n) to (B,).

        Embeddings with label −1 are left out.
        """
        classifier = self._classifier()
        return task_cross_entropy(embeds, labels, classifier, cosine_scale(len(classifier)))

    def _classifier(self) -> Tensor:
        if self.classifier is None:
            raise RuntimeError(
                'MetaReIDHead does not know the number of identities: set num_classes, or '
                "runner_type='mmmaml.MetaRunner' to take it from the training dataset"
            )
        return self.classifier

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        loaded = state_dict.get(prefix + 'classifier')
        if loaded is not None and self.classifier is None:
            self.set_num_classes(len(loaded))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
