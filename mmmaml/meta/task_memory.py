"""The memory of training tasks, and the parameters of a new task (Eq. 6-7 of the paper)."""

from typing import Any

import torch
from torch import Tensor, nn


class TaskMemory(nn.Module):
    r"""Support features and inner gradients of training tasks.

    Task i is kept as its support features X_i (k, C) and the gradients G_i (k, D) of its inner
    loop, from which its adapted parameters follow: θ_i = θ − α (G_iᵀ X_i, G_iᵀ 1). That is
    k (C + D) numbers instead of D (C + 1). The content lies in buffers, so it travels with the
    checkpoint; loading one replaces the content.

    Args:
        inner_lr: Inner rate α the tasks were adapted with.
        max_tasks: Most tasks the memory takes. Time per new track and memory grow in proportion.
        top_m: Blend only the ``top_m`` most similar tasks; None blends all, as in the paper.
        temperature: None weighs task i by γ_i/λ, as in the paper. A positive value weighs by
            softmax(γ/temperature): the smaller, the more the most similar tasks dominate.

    Raises:
        ValueError: An argument is out of its range.
    """

    support: Tensor
    grads: Tensor
    inner_lr: Tensor

    def __init__(
        self,
        inner_lr: float = 5e-3,
        max_tasks: int = 512,
        top_m: int | None = None,
        temperature: float | None = None,
    ) -> None:
        super().__init__()
        if max_tasks < 1 or (top_m is not None and top_m < 1):
            raise ValueError(f'max_tasks={max_tasks} and top_m={top_m} must be at least 1')
        if temperature is not None and temperature <= 0:
            raise ValueError(f'temperature must be positive or None, got {temperature}')
        self.max_tasks = max_tasks
        self.top_m = top_m
        self.temperature = temperature
        self.register_buffer('support', torch.zeros(0, 0, 0))
        self.register_buffer('grads', torch.zeros(0, 0, 0))
        self.register_buffer('inner_lr', torch.tensor(float(inner_lr)))

    def __len__(self) -> int:
        """Return the number of tasks."""
        return self.support.shape[0]

    def clear(self) -> None:
        """Forget all tasks."""
        self.support = self.support.new_zeros(0, 0, 0)
        self.grads = self.grads.new_zeros(0, 0, 0)

    def add(self, support: Tensor, grads: Tensor) -> None:
        """Append tasks.

        Args:
            support: (M, k, C) support features. Rows of zeros fill up a task with fewer than k.
            grads: (M, k, D) summed gradients of the inner loop,
                :attr:`~mmmaml.meta.AdaptedEmbeddings.grads`.

        Raises:
            ValueError: Shapes disagree with each other or with the tasks there are, a value is
                not finite, or there would be more than ``max_tasks`` tasks.
        """
        if support.ndim != 3 or grads.ndim != 3 or support.shape[:2] != grads.shape[:2]:
            raise ValueError(
                'expected support (M, k, C) and grads (M, k, D), got '
                f'{tuple(support.shape)} and {tuple(grads.shape)}'
            )
        if not (torch.isfinite(support).all() and torch.isfinite(grads).all()):
            raise ValueError('support or grads hold a value that is not finite')
        if len(self) + len(support) > self.max_tasks:
            raise ValueError(
                f'{len(self)} + {len(support)} tasks exceed max_tasks={self.max_tasks}: add a '
                'subset or raise max_tasks'
            )
        support, grads = support.detach().to(self.support), grads.detach().to(self.grads)
        if len(self):
            if (
                support.shape[1:] != self.support.shape[1:]
                or grads.shape[2] != self.grads.shape[2]
            ):
                raise ValueError(
                    f'tasks of shapes {tuple(support.shape)}, {tuple(grads.shape)} do not fit '
                    f'the memory of {tuple(self.support.shape)}, {tuple(self.grads.shape)}'
                )
            support, grads = torch.cat([self.support, support]), torch.cat([self.grads, grads])
        self.support, self.grads = support, grads

    def similarity(self, feats: Tensor) -> Tensor:
        """Compute the similarity γ of new tasks, one feature each, to the tasks kept (Eq. 6).

        γ_i = Σ_j ⟨x_new, x_ij⟩ / (√k ‖x_new‖ · √Σ_j ‖x_ij‖²), within [−1, 1].

        Args:
            feats: (N, C) features.

        Returns:
            (N, M).
        """
        if not len(self):
            return feats.new_zeros(len(feats), 0)
        norms = self.support.flatten(1).norm(dim=1)
        images = self.support.any(2).sum(1).to(norms)
        scale = feats.norm(dim=1, keepdim=True) * norms * images.sqrt()
        products = feats @ self.support.sum(1).T
        return products / scale.clamp_min(torch.finfo(feats.dtype).tiny)

    def blend_weights(self, feats: Tensor) -> Tensor:
        """Compute the weights of the tasks in θ_new (Eq. 7), rows adding up to 1.

        A row is all zero, which stands for θ itself, if λ = Σγ_i is not positive.

        Args:
            feats: (N, C) features.

        Returns:
            (N, M).
        """
        gamma = self.similarity(feats)
        if not len(self):
            return gamma
        if self.top_m is not None and self.top_m < gamma.shape[1]:
            kept = gamma.topk(self.top_m, dim=1)
            gamma = torch.full_like(gamma, -torch.inf).scatter(1, kept.indices, kept.values)
        if self.temperature is not None:
            return (gamma / self.temperature).softmax(1)
        gamma = gamma.masked_fill(gamma == -torch.inf, 0.0)
        total = gamma.sum(1, keepdim=True)
        # A λ this close to 0 is rounding, and dividing by it would blow up θ_new.
        positive = total > torch.finfo(gamma.dtype).eps * gamma.shape[1]
        return torch.where(positive, gamma / torch.where(positive, total, 1.0), 0.0)

    def adapted_params(
        self, feats: Tensor, weight: Tensor, bias: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Compute the parameters θ_new of new tasks (Eq. 7), explicitly.

        Args:
            feats: (N, C) one feature of each new task.
            weight: (D, C) weight of θ.
            bias: (D,) bias of θ, or None.

        Returns:
            Weights (N, D, C) and biases (N, D) or None.
        """
        rate = self.inner_lr.to(feats)
        per_support = self.blend_weights(feats) * rate
        delta = torch.einsum('nm,mkd,mkc->ndc', per_support, self.grads, self.support)
        if not len(self):
            delta = weight.new_zeros(len(feats), *weight.shape)
        if bias is None:
            return weight - delta, None
        return weight - delta, bias - per_support @ self._bias_grads(bias)

    def embed(self, feats: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Embed points under θ_new of each new task, without forming θ_new.

        Args:
            feats: (N, C) one feature of each new task.
            x: (N, P, C) points to embed, P for each new task.
            weight: (D, C) weight of θ.
            bias: (D,) bias of θ, or None.

        Returns:
            (N, P, D).
        """
        embeds = torch.nn.functional.linear(x, weight, bias)
        if not len(self):
            return embeds
        tasks, size, _ = self.support.shape
        kernel = x @ self.support.flatten(0, 1).T + (0.0 if bias is None else 1.0)
        weights = self.blend_weights(feats)[:, None, :, None] * self.inner_lr.to(feats)
        weighted = (kernel.unflatten(-1, (tasks, size)) * weights).flatten(2)
        return embeds - weighted @ self.grads.flatten(0, 1)

    def displacements(self, x: Tensor, with_bias: bool) -> Tensor:
        """Compute the change of the embedding of shared points under every task's θ_i.

        e_i(x) = W x + b + displacement_i(x). Mixed by :meth:`blend_weights` it gives the
        embeddings of many new tasks at once if all embed the same points.

        Args:
            x: (P, C) points.
            with_bias: Whether the layer has a bias, adapted with its weight.

        Returns:
            (M, P, D).
        """
        kernel = x @ self.support.transpose(1, 2) + float(with_bias)
        return -self.inner_lr.to(x) * (kernel @ self.grads)

    def _bias_grads(self, bias: Tensor) -> Tensor:
        return self.grads.sum(1) if len(self) else bias.new_zeros(0, len(bias))

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        for name in ('support', 'grads'):
            loaded = state_dict.get(prefix + name)
            if loaded is not None:
                setattr(self, name, getattr(self, name).new_zeros(loaded.shape))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def extra_repr(self) -> str:
        """Return the size of the memory, for ``print``."""
        return f'tasks={len(self)}, max_tasks={self.max_tasks}, top_m={self.top_m}'
