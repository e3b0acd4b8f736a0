"""The inner loop of MAML on a linear layer, in kernel form (Eq. 2-5 of the paper).

A gradient step on a linear layer moves its parameters only within the span of the support
features, so the embeddings after any number of steps follow from inner products of features. No
per-task copy of the weights is made: a batch of tasks costs a few small matrix products.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

EmbedLoss = Callable[[Tensor], Tensor]


class AdaptedEmbeddings(NamedTuple):
    """The result of an inner loop, for B tasks.

    Attributes:
        query_embeds: (B, q, D) query embeddings under the adapted parameters θ'.
        support_embeds: (B, k, D) support embeddings under θ'.
        grads: (B, k, D) sum over the steps of the gradient of the support loss with respect to
            the support embeddings (G_T). With the support features X it is the whole change of
            the parameters: ΔW = −lr·Gᵀ X, Δb = −lr·Gᵀ 1. None if no gradient was taken.
        support_losses: (B,) support loss before the first step.
    """

    query_embeds: Tensor
    support_embeds: Tensor
    grads: Tensor | None
    support_losses: Tensor


def linear_inner_loop(
    support: Tensor,
    query: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    support_loss: EmbedLoss,
    lr: float | Tensor,
    num_steps: int = 1,
    first_order: bool = False,
) -> AdaptedEmbeddings:
    """Adapt a linear layer ``e = W x + b`` to each task of a batch and embed its queries (Eq. 2).

    Args:
        support: (B, k, C) support features.
        query: (B, q, C) query features.
        weight: (D, C) weight θ starts from, shared by the tasks.
        bias: (D,) bias, adapted as well, or None.
        support_loss: Maps support embeddings (B, k, D) to one loss a task (B,), each a function
            of its own task's embeddings alone.
        lr: Inner rate α, a number or a scalar tensor (which then receives gradients).
        num_steps: Gradient steps; 0 leaves θ as it is.
        first_order: Treat the inner gradients as constants. No second-order graph is built; the
            outer gradient reaches the features through the queries only.

    Returns:
        :class:`AdaptedEmbeddings`, differentiable with respect to features, ``weight``, ``bias``,
        ``lr`` and whatever ``support_loss`` closes over.

    Raises:
        ValueError: Shapes do not agree or ``num_steps`` is negative.

    Example:
        One task of one feature: the loss (w x)² at x = 1 has the gradient 2 w, so a step at rate
        0.1 takes w from 1 to 0.8.

        >>> one, loss = torch.ones(1, 1, 1), lambda embeds: embeds.square().mean((1, 2))
        >>> adapted = linear_inner_loop(one, 5 * one, torch.ones(1, 1), None, loss, lr=0.1)
        >>> [round(each.item(), 6) for each in (adapted.support_embeds, adapted.query_embeds)]
        [0.8, 4.0]
    """
    _check_shapes(support, query, weight, bias)
    # First order: the parameter change is a constant, and the support features are part of it.
    source = (support.detach() if first_order else support).transpose(1, 2)
    constant = 0.0 if bias is None else 1.0
    return kernel_inner_loop(
        support_embeds=torch.nn.functional.linear(support, weight, bias),
        query_embeds=torch.nn.functional.linear(query, weight, bias),
        support_kernel=support @ source + constant,
        query_kernel=query @ source + constant,
        support_loss=support_loss,
        lr=lr,
        num_steps=num_steps,
        first_order=first_order,
    )


def kernel_inner_loop(
    support_embeds: Tensor,
    query_embeds: Tensor,
    support_kernel: Tensor,
    query_kernel: Tensor,
    support_loss: EmbedLoss,
    lr: float | Tensor,
    num_steps: int = 1,
    first_order: bool = False,
) -> AdaptedEmbeddings:
    """Run the inner loop from given embeddings and kernels.

    With G_t the summed gradients before step t, E_t = E_0 − α K G_t holds for support and query
    alike. Starting from embeddings rather than from θ lets every task have its own start.

    Args:
        support_embeds: (B, k, D) embeddings of the support before adaptation.
        query_embeds: (B, q, D) embeddings of the queries before adaptation.
        support_kernel: (B, k, k) inner products of support features (plus 1 for a bias).
        query_kernel: (B, q, k) inner products of query and support features (plus 1).
        support_loss: See :func:`linear_inner_loop`.
        lr: See :func:`linear_inner_loop`.
        num_steps: See :func:`linear_inner_loop`.
        first_order: See :func:`linear_inner_loop`.
    """
    if num_steps < 0:
        raise ValueError(f'num_steps must be at least 0, got {num_steps}')
    create_graph = torch.is_grad_enabled() and not first_order
    grads = torch.zeros_like(support_embeds, requires_grad=False)
    embeds, losses = support_embeds, None
    for _ in range(num_steps):
        step_losses, step_grads = _embedding_grads(embeds, support_loss, create_graph)
        losses = step_losses if losses is None else losses
        grads = grads + step_grads
        embeds = support_embeds - lr * (support_kernel @ grads)
    if losses is None:
        losses = support_loss(embeds)
    return AdaptedEmbeddings(query_embeds - lr * (query_kernel @ grads), embeds, grads, losses)


def _embedding_grads(
    embeds: Tensor, support_loss: EmbedLoss, create_graph: bool
) -> tuple[Tensor, Tensor]:
    with torch.enable_grad():
        if not (create_graph and embeds.requires_grad):
            embeds = embeds.detach().requires_grad_()
        losses = support_loss(embeds)
        if losses.shape != embeds.shape[:1]:
            raise ValueError(
                f'support_loss must return one loss a task, shape {tuple(embeds.shape[:1])}, '
                f'got {tuple(losses.shape)}'
            )
        (grads,) = torch.autograd.grad(losses.sum(), embeds, create_graph=create_graph)
    return losses.detach(), grads


def _check_shapes(support: Tensor, query: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    shapes = {
        'support': tuple(support.shape),
        'query': tuple(query.shape),
        'weight': tuple(weight.shape),
        'bias': None if bias is None else tuple(bias.shape),
    }
    agree = (
        support.ndim == query.ndim == 3
        and weight.ndim == 2
        and support.shape[0] == query.shape[0]
        and support.shape[2] == query.shape[2] == weight.shape[1]
        and (bias is None or bias.shape == weight.shape[:1])
    )
    if not agree:
        raise ValueError(
            'expected support (B, k, C), query (B, q, C), weight (D, C), bias (D,) or None, '
            f'got {shapes}'
        )
