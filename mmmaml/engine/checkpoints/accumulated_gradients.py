"""Gradients between two steps of the optimizer, for a checkpoint that is written there."""

from typing import NamedTuple

from mmengine.dist import all_reduce_params
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import Tensor

from ..trained_models import trained_models


class AccumulatedGradients(NamedTuple):
    """Gradients that are waiting for the next step.

    Attributes:
        by_name: Name of the parameter to its gradient so far, the mean over the ranks: the step
            will be taken on that mean, so any number of ranks can go on with it.
    """

    by_name: dict[str, Tensor]

    @classmethod
    def of(cls, runner: Runner) -> 'AccumulatedGradients | None':
        """Take the gradients of a run, on all ranks at once; None right after a step.

        On several ranks each goes on with the mean from there on, too.
        """
        wrapper = runner.optim_wrapper
        if not isinstance(wrapper, OptimWrapper) or wrapper.should_update():
            return None
        grads = {
            name: parameter.grad
            for name, parameter in trained_models(runner)[0].named_parameters()
            if parameter.grad is not None
        }
        all_reduce_params(list(grads.values()), op='mean')
        return cls({name: grad.detach().cpu() for name, grad in grads.items()})

    def put_back(self, runner: Runner) -> None:
        """Give them back to the parameters."""
        parameters = dict(trained_models(runner)[0].named_parameters())
        for name, grad in self.by_name.items():
            parameters[name].grad = grad.to(parameters[name])
        print_log(
            f'gradients of {len(self.by_name)} parameters that were being accumulated at the '
            'checkpoint are put back, so that none is lost',
            logger='current',
        )
