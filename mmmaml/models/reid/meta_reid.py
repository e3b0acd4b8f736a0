"""Re-identification of crops, trained on tasks."""

from collections.abc import Mapping
from typing import Any

import torch
from mmdet.structures import ReIDDataSample
from mmengine.model import BaseModel
from torch import Tensor
from torch.func import functional_call

from mmmaml.meta import batch_statistics_only, functional_inner_loop, select_parameters
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .inner_loop_cfg import InnerLoopCfg


@MODELS.register_module()
class MetaReID(BaseModel):
    """Backbone, neck and a head with a meta-learned last layer.

    Behaves like ``BaseReID`` of mmdet and mmtrack inside their MOT models: ``mode='tensor'``
    gives embeddings. Trained on tasks: without an inner loop it minimises the ordinary
    classification loss over all their images, with one (given by ``MAMLOptimizerHook``) the loss
    of the queries under parameters adapted to the support (Eq. 4), all within one ``forward``, so
    that distributed training, mixed precision and accumulation work as for any model.

    Args:
        backbone: Config of the backbone.
        neck: Config of a neck that pools to (N, C); None pools by the mean.
        head: Config of a :class:`MetaReIDHead`.
        data_preprocessor: Config of a data preprocessor for tasks.
        init_cfg: Initialisation as in MMEngine.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        neck: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if data_preprocessor is not None:
            data_preprocessor = {'type': 'mmmaml.TaskDataPreprocessor', **data_preprocessor}
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.backbone = MODELS.build(backbone)
        self.neck = None if neck is None else MODELS.build(neck)
        self.head = MODELS.build(head)
        self.inner_loop: InnerLoopCfg | None = None

    def set_inner_loop(self, cfg: InnerLoopCfg | None) -> None:
        """Train by MAML with this inner loop, or plainly with None.

        Raises:
            ValueError: No parameter matches ``cfg.adapt``, or the head's classifier does not
                follow an adaptation in closed form.
        """
        classifier = self.head.task_classifier
        if cfg is not None and cfg.solver == 'closed_form' and classifier != 'prototype':
            raise ValueError(
                f"solver='closed_form' moves the embeddings away from the classifier's rows, "
                f"which task_classifier={classifier!r} compares them with: use 'prototype'"
            )
        if cfg is not None and cfg.adapt is not None:
            select_parameters(self, cfg.adapt)
        self.inner_loop = cfg

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[Any] | None = None,
        mode: str = 'tensor',
    ) -> Tensor | dict[str, Tensor] | list[ReIDDataSample]:
        """Unified entry of MMEngine.

        Args:
            inputs: Crops (n, 3, H, W) or (1, n, 3, H, W); for ``'loss'`` tasks
                (B, N, k + q, 3, H, W).
            data_samples: For ``'loss'`` a :class:`~mmmaml.structures.TaskDataSample` each task.
            mode: ``'tensor'`` gives embeddings (n, D), ``'predict'`` the same in
                ``ReIDDataSample``, ``'loss'`` a dict of losses.
        """
        if mode == 'tensor':
            return self.head(self.extract_crop_feats(inputs))
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'loss':
            return self.loss(inputs, data_samples or [])
        raise ValueError(f"mode must be 'tensor', 'predict' or 'loss', got {mode!r}")

    def extract_crop_feats(self, crops: Tensor) -> Tensor:
        """Features (n, C), the inputs of the adapted layer, of crops (n, 3, H, W)."""
        if crops.ndim == 5:
            if len(crops) != 1:
                raise ValueError(f'crops of one frame at a time, got {tuple(crops.shape)}')
            crops = crops[0]
        if not len(crops):
            return crops.new_zeros(0, self.head.in_channels)
        feats = self.backbone(crops)
        if self.neck is not None:
            feats = self.neck(feats)
        feats = feats if isinstance(feats, Tensor) else feats[-1]
        return feats if feats.ndim == 2 else feats.mean((2, 3))

    def predict(
        self, inputs: Tensor, data_samples: list[ReIDDataSample] | None = None
    ) -> list[ReIDDataSample]:
        """Embeddings of crops as ``pred_feature`` of data samples."""
        embeds = self.head(self.extract_crop_feats(inputs))
        data_samples = data_samples or [ReIDDataSample() for _ in embeds]
        for sample, embed in zip(data_samples, embeds, strict=True):
            sample.pred_feature = embed
        return data_samples

    def loss(self, inputs: Tensor, data_samples: list[TaskDataSample]) -> dict[str, Tensor]:
        """Losses of tasks.

        Returns:
            ``loss_plain`` over all images without adaptation and, with an inner loop,
            ``loss_query`` after adaptation; beside them, not part of the sum, ``support_ce``
            before, and ``query_ce`` before and ``query_ce_adapted`` after adaptation.
        """
        labels = torch.stack([sample.labels for sample in data_samples])
        num_support = data_samples[0].num_support
        feats = self.extract_crop_feats(inputs.flatten(0, 2)).unflatten(0, inputs.shape[:3])
        # An inner update is a small difference, which half precision would round away.
        with torch.autocast(feats.device.type, enabled=False):
            return self._task_losses(inputs, feats.to(self.head.weight.dtype), labels, num_support)

    def _task_losses(
        self, inputs: Tensor, feats: Tensor, labels: Tensor, num_support: int
    ) -> dict[str, Tensor]:
        embeds = self.head(feats)
        image_labels = labels[..., None].expand(embeds.shape[:3])
        plain = self.head.plain_loss(embeds.flatten(1, 2), image_labels.flatten(1)).mean()
        if self.inner_loop is None:
            if self.head.log_inner_lr is not None:
                plain = plain + 0 * self.head.log_inner_lr  # DDP asks for every parameter
            return {'loss_plain': plain}
        support, query = feats.tensor_split([num_support], dim=2)
        if self.inner_loop.adapt is None:
            adapted = self.head.adapt(support, query, labels, self.inner_loop)
            query_embeds, support_embeds = adapted.query_embeds, adapted.support_embeds
            support_ce = adapted.support_losses
        else:
            query_embeds, support_embeds, support_ce = self._adapt_named(
                inputs, num_support, labels, self.inner_loop
            )
        query_loss = self.head.task_loss(labels, query.shape[2])
        after = query_loss(query_embeds, support_embeds).mean()
        with torch.no_grad():
            before = query_loss(
                embeds[:, :, num_support:].flatten(1, 2), embeds[:, :, :num_support].flatten(1, 2)
            )
        return {
            'loss_query': self.head.query_loss_weight * after,
            'loss_plain': self.head.plain_loss_weight * plain,
            'support_ce': support_ce.mean(),
            'query_ce': before.mean(),
            'query_ce_adapted': after.detach(),
        }

    def _adapt_named(
        self, crops: Tensor, num_support: int, labels: Tensor, cfg: InnerLoopCfg
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Adapt the parameters matching ``cfg.adapt``, each task from its images on.

        Batch normalisation sees one task at a time here and keeps its running statistics for the
        forward pass over the whole batch.
        """
        ways = crops.shape[1]

        def embed(params: Mapping[str, Tensor], task: Tensor) -> Tensor:
            return functional_call(self, dict(params), (task.flatten(0, 1),), {'mode': 'tensor'})

        def support_loss(embeds: Tensor, task_labels: Tensor) -> Tensor:
            return self.head.support_loss(task_labels[None], num_support)(embeds[None])[0]

        with batch_statistics_only(self):
            out, support_ce = functional_inner_loop(
                embed,
                select_parameters(self, cfg.adapt or ''),
                crops[:, :, :num_support],
                labels,
                crops,
                support_loss,
                self.head.inner_lr(cfg),
                cfg.num_steps,
                cfg.first_order,
            )
        support, query = out.unflatten(1, (ways, -1)).tensor_split([num_support], dim=2)
        return query.flatten(1, 2), support.flatten(1, 2), support_ce
