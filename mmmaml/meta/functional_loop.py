"""The inner loop of MAML on any parameters of any module, by ``torch.func`` (Eq. 2)."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

Params = Mapping[str, Tensor]
Inputs = Tensor | tuple[Tensor, ...]


def functional_inner_loop(
    apply: Callable[[Params, Any], Tensor],
    params: Params,
    support: Inputs,
    targets: Tensor,
    query: Inputs,
    loss: Callable[[Tensor, Tensor], Tensor],
    lr: float | Tensor,
    num_steps: int = 1,
    first_order: bool = False,
) -> tuple[Tensor, Tensor]:
    """Adapt named parameters to each task of a batch and evaluate its queries.

    The tasks run side by side under ``torch.func.vmap``. For a linear last layer
    :func:`~mmmaml.meta.linear_inner_loop` gives the same result at a fraction of the cost.

    Args:
        apply: Maps parameters and inputs (k, ...) of one task to outputs (k, D).
        params: Parameters to adapt, by name; shared start of all tasks.
        support: (B, k, ...) support inputs, one tensor or a tuple of them.
        targets: (B, ...) what ``loss`` compares the support outputs of a task with.
        query: (B, q, ...) query inputs, of the same kind.
        loss: Maps outputs (k, D) and targets of one task to a scalar.
        lr: Inner rate α, a number or a scalar tensor.
        num_steps: Gradient steps.
        first_order: Treat the inner gradients as constants; their graph is not built.

    Returns:
        Query outputs (B, q, D) under each task's adapted parameters, and support losses (B,)
        before adaptation.
    """
    recording = torch.no_grad if first_order else nullcontext

    def run_task(task_support: Inputs, target: Tensor, task_query: Inputs) -> tuple:
        def support_loss(adapted: Params) -> Tensor:
            return loss(apply(adapted, task_support), target)

        adapted = dict(params)
        before = support_loss(adapted).detach()
        for _ in range(num_steps):
            with recording():
                grads = torch.func.grad(support_loss)(adapted)
            adapted = {name: value - lr * grads[name] for name, value in adapted.items()}
        return apply(adapted, task_query), before

    # Every task sees the same random numbers as it would alone in its batch: none are shared.
    return torch.func.vmap(run_task, randomness='different')(support, targets, query)


def select_parameters(module: nn.Module, pattern: str) -> dict[str, nn.Parameter]:
    """Select trainable parameters whose name matches a regular expression from its start.

    Normalisation layers never take part: their statistics belong to a batch, not to a task.

    Raises:
        ValueError: Nothing matches; the message lists the names there are.
    """
    normalised = {
        f'{prefix}.{name}' if prefix else name
        for prefix, child in module.named_modules()
        if isinstance(child, nn.modules.batchnorm._NormBase)
        for name, _ in child.named_parameters(recurse=False)
    }
    names = {n: p for n, p in module.named_parameters() if p.requires_grad and n not in normalised}
    selected = {n: p for n, p in names.items() if re.match(pattern, n)}
    if not selected:
        raise ValueError(
            f'no parameter matches {pattern!r}; there are: {", ".join(sorted(names))}'
        )
    return selected


@contextmanager
def batch_statistics_only(module: nn.Module) -> Iterator[None]:
    """Let batch normalisation in training mode use batch statistics and store none of them."""
    layers = [
        m
        for m in module.modules()
        if isinstance(m, nn.modules.batchnorm._NormBase) and m.track_running_stats
    ]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True
