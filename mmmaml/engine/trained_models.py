"""The models of a run, and the statistics that its ranks do not share by themselves."""

from mmengine.dist import all_reduce_params
from mmengine.hooks import EMAHook
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def trained_models(runner: Runner) -> list[BaseModel]:
    """Return the model, not wrapped, and the one of its averaged weights if there is one."""
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    averaged = [
        hook.ema_model.module
        for hook in runner.hooks
        if isinstance(hook, EMAHook) and hasattr(hook, 'ema_model')
    ]
    return [model, *averaged]


def average_running_statistics(model: nn.Module) -> None:
    """Give all ranks the mean of their running statistics of batch normalisation.

    Each rank has its own, of the crops it saw, and a checkpoint holds only one.
    """
    layers = [m for m in model.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    statistics = [s for m in layers for s in (m.running_mean, m.running_var) if s is not None]
    all_reduce_params(statistics, op='mean')
