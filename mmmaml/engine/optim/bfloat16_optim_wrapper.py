"""Mixed precision that needs neither a GPU nor a scaled loss."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmengine.runner import autocast
from torch import nn

from mmmaml.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """MMEngine's ``OptimWrapper`` that runs the forward pass in bfloat16 where that is safe.

    For GPUs that know bfloat16, and CPUs. As its range is that of float32, small gradients do not
    vanish and the loss is not scaled; MMEngine's ``AmpOptimWrapper`` is for float16 and for GPUs
    alone. Weights, inner loop and losses stay in float32. Its arguments are MMEngine's.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Compute the loss of a batch in bfloat16 within this context."""
        with super().optim_context(model), autocast(dtype=torch.bfloat16):
            yield
