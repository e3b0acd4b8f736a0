"""The Re-ID head whose last layer is meta-learned."""

from typing import Any, Literal

import torch
from mmengine.dist import all_reduce
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmmaml.meta import (
    AdaptedEmbeddings,
    ScatterStatistics,
    TaskMemory,
    closed_form_inner_loop,
    linear_inner_loop,
)
from mmmaml.meta.inner_loop import EmbedLoss
from mmmaml.registry import MODELS

from .inner_loop_cfg import InnerLoopCfg
from .task_classifier import TASK_CLASSIFIERS, identity_loss


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
        task_classifier: Classifier of the identities of a task. ``'global'``: all training
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
        if task_classifier not in TASK_CLASSIFIERS:
            raise ValueError(
                f'task_classifier must be one of {", ".join(map(repr, TASK_CLASSIFIERS))}, got '
                f'{task_classifier!r}'
            )
        self.in_channels = in_channels
        self.out_channels = feat_channels
        self.task_classifier = TASK_CLASSIFIERS[task_classifier]
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
        """Embed features (N, C) to (N, D); of several levels the last counts."""
        return self.embed(feats if isinstance(feats, Tensor) else feats[-1])

    def inner_lr(self, cfg: InnerLoopCfg) -> float | Tensor:
        """Return the inner rate: the learned one if there is one, else the configured one."""
        return cfg.inner_lr if self.log_inner_lr is None else self.log_inner_lr.exp()

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
        if cfg.solver == 'closed_form':
            return self._solve(support, query, labels, cfg)
        return linear_inner_loop(
            support=support.flatten(1, 2),
            query=query.flatten(1, 2),
            weight=self.weight,
            bias=self.bias,
            support_loss=self.support_loss(labels),
            lr=self.inner_lr(cfg),
            num_steps=cfg.num_steps,
            first_order=cfg.first_order,
        )

    def _solve(
        self, support: Tensor, query: Tensor, labels: Tensor, cfg: InnerLoopCfg
    ) -> AdaptedEmbeddings:
        """Adapt the last layer in closed form; in training the prior follows the tasks."""
        embeds, valid = self(support), labels >= 0
        adapted, queries, scatter = closed_form_inner_loop(
            embeds, self(query), self.scatter, cfg.shrinkage, cfg.prior_weight, valid
        )
        with torch.no_grad():
            losses = self.support_loss(labels)(embeds.flatten(1, 2))
            if self.training:
                self._follow(scatter, embeds, valid)
        return AdaptedEmbeddings(queries.flatten(1, 2), adapted.flatten(1, 2), None, losses)

    def _follow(self, scatter: Tensor, embeds: Tensor, valid: Tensor) -> None:
        """Let the prior follow the mean over the ranks of the tasks of a batch."""
        mean = embeds[valid].mean((0, 1)) if valid.any() else self.scatter.mean
        statistics = torch.cat([scatter, mean[None]])
        all_reduce(statistics, op='mean')
        self.scatter.follow(statistics[:-1], statistics[-1], int(valid.sum()))

    def support_loss(self, labels: Tensor) -> EmbedLoss:
        """Return the inner loss: support embeddings (B, N·k, D) to one loss a task (B,).

        Args:
            labels: (B, N) identity of each way, see :meth:`task_loss`.
        """
        return lambda embeds: self.task_loss(embeds, embeds, labels)

    def task_loss(self, embeds: Tensor, support_embeds: Tensor, labels: Tensor) -> Tensor:
        """Classify the embeddings of tasks by their task classifier (Eq. 3-4).

        Args:
            embeds: (B, N·n, D) embeddings to classify, n of each way.
            support_embeds: (B, N·k, D) support embeddings.
            labels: (B, N) identity of each way; −1 for one that is not there: neither are its
                embeddings classified, nor is it a class of its task.

        Returns:
            One loss a task (B,).

        Raises:
            RuntimeError: The number of identities is unknown, and the classifier needs them.
        """
        return self.task_classifier(embeds, support_embeds, labels, self.classifier)

    def plain_loss(self, embeds: Tensor, labels: Tensor) -> Tensor:
        """Classify (B, n, D) embeddings among all identities, one loss a task (B,).

        Args:
            embeds: (B, n, D) embeddings.
            labels: (B, n) identity of each; −1 leaves it out.

        Raises:
            RuntimeError: The number of identities is unknown.
        """
        return identity_loss(embeds, labels, self.classifier)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        loaded = state_dict.get(prefix + 'classifier')
        if loaded is not None and self.classifier is None:
            self.set_num_classes(len(loaded))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
