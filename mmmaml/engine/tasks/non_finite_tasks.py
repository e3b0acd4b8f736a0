"""The search for tasks of a batch whose loss or gradient is not finite."""

from collections.abc import Iterator
from typing import Any

import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper

MAX_NAMED = 8
"""Tasks of a batch that are named one by one."""


def non_finite_tasks(model: BaseModel, wrapper: OptimWrapper, batch: Any) -> list[str]:
    """Run the samples of a batch one by one, and describe those that are not finite.

    Running statistics move, gradients do not.

    Args:
        model: The model, not wrapped.
        wrapper: Whose precision the samples are run in.
        batch: A batch as the loader gives it.

    Returns:
        What went wrong in which task, a sentence each; of more than ``MAX_NAMED`` the first.
    """
    data = model.data_preprocessor(batch, training=True)
    faults = []
    for position, sample in enumerate(data.get('data_samples') or []):
        fault = _fault_of(model, wrapper, {k: v[position : position + 1] for k, v in data.items()})
        if fault is not None:
            faults.append(f'{fault} of {describe_sample(sample)}')
    if len(faults) > MAX_NAMED:
        faults = [*faults[:MAX_NAMED], f'and {len(faults) - MAX_NAMED} more tasks']
    return faults


def _fault_of(model: BaseModel, wrapper: OptimWrapper, data: dict) -> str | None:
    parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}
    with torch.enable_grad():
        with wrapper.optim_context(model):
            losses = model(**data, mode='loss')
        total, values = model.parse_losses(losses)
        bad = {name: value.item() for name, value in values.items() if not value.isfinite()}
        if bad:
            which = ', '.join(f'{name}={value}' for name, value in bad.items())
            inner = 'query_ce_adapted' in bad and 'query_ce' not in bad
            return f'{"the inner step" if inner else "the loss"} ({which})'
        # Not backward(): that would leave gradients and wake what listens to them.
        grads = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    names = [
        name
        for name, grad in zip(parameters, grads, strict=True)
        if grad is not None and not grad.isfinite().all()
    ]
    return f'the gradient ({", ".join(names[:3])}, ...)' if names else None


def describe_sample(sample: Any) -> str:
    """Describe a task, or an image, by its identities, video and files."""
    info = dict(sample.metainfo_items())
    return '; '.join(_facts(info)) or 'a sample without metainfo'


def _facts(info: dict[str, Any]) -> Iterator[str]:
    if 'instance_ids' in info:
        yield f'the task of identities {list(info["instance_ids"])}'
    for key in ('video_ids', 'video_id'):
        if key in info:
            ids = info[key] if isinstance(info[key], list) else [info[key]]
            yield f'video {", ".join(map(str, dict.fromkeys(ids)))}'
    files = info.get('img_paths') or info.get('img_path')
    if files:
        files = [files] if isinstance(files, str) else files
        yield f'files {", ".join(dict.fromkeys(map(str, files)))}'
