"""The base of all models that train on tasks, of crops as of frames."""

from abc import abstractmethod
from collections.abc import Mapping

import torch
from mmengine.model import BaseModule, is_model_wrapper
from torch import Tensor, nn
from torch.func import functional_call

from mmmaml.meta import batch_statistics_only, functional_inner_loop, select_parameters
from mmmaml.structures import TaskDataSample

from .inner_loop_cfg import InnerLoopCfg
from .meta_reid_head import MetaReIDHead


class MetaLearner(BaseModule):
    """A model whose last layer, that of its ``reid_head``, learns from tasks.

    A mixin that goes before MMEngine's ``BaseModel`` among the bases. It has all that the hooks
    ask of a model: the head, the features of tasks, and the inner loop. A subclass turns images
    into features; the losses are the same for crops and for frames.

    Attributes:
        inner_loop: The inner loop to train with; None trains plainly.
    """

    inner_loop: InnerLoopCfg | None = None

    @property
    @abstractmethod
    def reid_head(self) -> MetaReIDHead:
        """The head whose last layer adapts."""

    @abstractmethod
    def extract_task_feats(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        """Extract features (B, N, F, C), inputs of the adapted layer, of B tasks of N ways.

        Args:
            inputs: Images: crops (B, N, F, 3, H, W), or whole frames (B, F, 3, H, W).
            centers: (B, N, F, 2) x, y of people in pixels of the frames; None for crops.
        """

    def set_inner_loop(self, cfg: InnerLoopCfg | None) -> None:
        """Train by MAML with this inner loop, or plainly with None.

        Raises:
            ValueError: No parameter matches ``cfg.adapt``, or the head's classifier does not
                follow an adaptation in closed form.
        """
        classifier = self.reid_head.task_classifier
        if cfg is not None and cfg.solver == 'closed_form' and classifier.needs_identities:
            raise ValueError(
                f"solver='closed_form' moves the embeddings away from the classifier's rows, "
                f"which task_classifier={classifier.name!r} compares them with: use 'prototype'"
            )
        if cfg is not None and cfg.adapt is not None:
            select_parameters(self, cfg.adapt)
        self.inner_loop = cfg

    def task_losses(
        self, inputs: Tensor, data_samples: list[TaskDataSample], feats: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Compute the losses of tasks.

        Args:
            inputs: Images, see :meth:`extract_task_feats`.
            data_samples: The annotation of each task. Ways with label −1 are not there.
            feats: (B, N, F, C) features if they are known already.

        Returns:
            ``loss_plain`` over all images without adaptation and, with an inner loop,
            ``loss_query`` after adaptation; beside them, not part of the sum, ``support_ce``
            before, and ``query_ce`` before and ``query_ce_adapted`` after adaptation.
        """
        if feats is None:
            feats = self.extract_task_feats(inputs, stack_centers(data_samples))
        # An inner update is a small difference, which half precision would round away.
        with torch.autocast(feats.device.type, enabled=False):
            return self._losses(inputs, data_samples, feats.to(self.reid_head.weight.dtype))

    def _losses(
        self, inputs: Tensor, data_samples: list[TaskDataSample], feats: Tensor
    ) -> dict[str, Tensor]:
        head, cfg = self.reid_head, self.inner_loop
        labels = torch.stack([sample.labels for sample in data_samples])
        num_support = data_samples[0].num_support
        embeds = head(feats)
        image_labels = labels[..., None].expand(embeds.shape[:3])
        plain = head.plain_loss(embeds.flatten(1, 2), image_labels.flatten(1)).mean()
        if head.log_inner_lr is not None:  # not every inner loop has a rate
            plain = plain + 0 * head.log_inner_lr  # DDP asks for every parameter
        if cfg is None:
            return {'loss_plain': plain}
        support, query = feats.tensor_split([num_support], dim=2)
        if cfg.adapt is None:
            adapted = head.adapt(support, query, labels, cfg)
            query_embeds, support_embeds = adapted.query_embeds, adapted.support_embeds
            support_ce = adapted.support_losses
        else:
            centers = stack_centers(data_samples)
            query_embeds, support_embeds, support_ce = self._adapt_named(
                inputs, centers, num_support, labels, cfg
            )
        after = head.task_loss(query_embeds, support_embeds, labels).mean()
        with torch.no_grad():
            plain_support, plain_query = embeds.tensor_split([num_support], dim=2)
            before = head.task_loss(plain_query.flatten(1, 2), plain_support.flatten(1, 2), labels)
        return {
            'loss_query': head.query_loss_weight * after,
            'loss_plain': head.plain_loss_weight * plain,
            'support_ce': support_ce.mean(),
            'query_ce': before.mean(),
            'query_ce_adapted': after.detach(),
        }

    def _adapt_named(
        self,
        inputs: Tensor,
        centers: Tensor | None,
        num_support: int,
        labels: Tensor,
        cfg: InnerLoopCfg,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Adapt the parameters matching ``cfg.adapt``, each task from its images on.

        Batch normalisation sees one task at a time here and keeps its running statistics for the
        forward pass over the whole batch.
        """
        embedder = _TaskEmbedder(self)
        images = (inputs,) if centers is None else (inputs, centers)
        axis = inputs.ndim - 4  # of the images of a way, in crops as in frames
        first = inputs.narrow(axis, 0, num_support)
        support = (first,) if centers is None else (first, centers[:, :, :num_support])

        def embed(params: Mapping[str, Tensor], task: tuple[Tensor, ...]) -> Tensor:
            learner = {f'learner.{name}': value for name, value in params.items()}
            return functional_call(embedder, learner, task)

        def support_loss(embeds: Tensor, task_labels: Tensor) -> Tensor:
            return self.reid_head.support_loss(task_labels[None])(embeds[None])[0]

        with batch_statistics_only(self):
            out, support_ce = functional_inner_loop(
                apply=embed,
                params=select_parameters(self, cfg.adapt or ''),
                support=support,
                targets=labels,
                query=images,
                loss=support_loss,
                lr=self.reid_head.inner_lr(cfg),
                num_steps=cfg.num_steps,
                first_order=cfg.first_order,
            )
        ways = out.unflatten(1, (labels.shape[1], -1))
        support_embeds, query_embeds = ways.tensor_split([num_support], dim=2)
        return query_embeds.flatten(1, 2), support_embeds.flatten(1, 2), support_ce


def find_meta_learner(model: nn.Module) -> MetaLearner:
    """Find the part of a model that trains on tasks: itself, its ``reid`` or its ``detector``.

    Raises:
        TypeError: There is none.
    """
    learner = meta_learner_of(model)
    if learner is None:
        name = type(model.module if is_model_wrapper(model) else model).__name__
        raise TypeError(
            f'{name} has no MetaLearner to train on tasks: use MetaReID or OneShotDetector as '
            "the model, or as its part 'reid' or 'detector'"
        )
    return learner


def meta_learner_of(model: nn.Module) -> MetaLearner | None:
    """Return the part of a model that trains on tasks, None if there is none."""
    unwrapped: nn.Module = model.module if is_model_wrapper(model) else model  # type: ignore
    parts = (unwrapped, *(getattr(unwrapped, name, None) for name in ('reid', 'detector')))
    return next((part for part in parts if isinstance(part, MetaLearner)), None)


def stack_centers(data_samples: list[TaskDataSample]) -> Tensor | None:
    """Stack the centres (B, N, F, 2) of tasks of frames; None for tasks of crops."""
    if 'centers' not in data_samples[0]:
        return None
    return torch.stack([sample.centers for sample in data_samples])


class _TaskEmbedder(nn.Module):
    """Embeddings (N·F, D) of one task, as a module whose parameters can be replaced."""

    def __init__(self, learner: MetaLearner) -> None:
        super().__init__()
        self.learner = learner

    def forward(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        feats = self.learner.extract_task_feats(
            inputs[None], None if centers is None else centers[None]
        )
        return self.learner.reid_head(feats[0].flatten(0, 1))
